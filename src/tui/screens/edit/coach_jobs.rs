//! The work of the seed coach, away from the loop.

use super::Report;
use super::coach::{Exam, News};
use crate::taxonomy::{Leaf, NodePath};
use crate::tui::jobs::{Jobs, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{Examination, WorkbenchError};

fn news(node: &NodePath, news: News) -> AnyReport {
    AnyReport::Edit(Report::Coach {
        node: node.clone(),
        news,
    })
}

/// The usual teacher, with the critic that the settings name.
async fn examiners(rooms: &Rooms) -> Result<Examination, WorkbenchError> {
    let teachers = rooms.workbench.teachers();
    let teacher = teachers.by_name(None).await?;
    let critic = match &rooms.workbench.settings().roles.critic {
        Some(name) => Some(teachers.by_name(Some(name)).await?),
        None => None,
    };
    Ok(Examination { teacher, critic })
}

/// Looks at a leaf, then at who could be asked and what was answered before. Sends nothing to anybody.
pub fn look(leaf: Leaf, rooms: Rooms, jobs: &mut Jobs) {
    jobs.future(Slot::Coach, |post, cancel| async move {
        let (own, node) = (rooms.clone(), leaf.path.clone());
        let read = leaf.clone();
        let stop = cancel.clone();
        let looked = tokio::task::spawn_blocking(move || own.workbench.coach(&read, false, &|| stop.is_cancelled()));
        if let Ok(coached) = looked.await {
            post.send(news(&node, News::Coached(Box::new(coached)))).await;
        }
        let told = match examiners(&rooms).await {
            Ok(by) => News::Exam {
                exam: Ok(Exam {
                    teacher: by.teacher.name().to_owned(),
                    model: by.teacher.model().to_owned(),
                    remote: by.teacher.is_remote() || by.critic.as_ref().is_some_and(|critic| critic.is_remote()),
                    questions: rooms.workbench.questions_to_ask(&leaf, by.teacher.as_ref()),
                    critic: by.critic.as_ref().map(|critic| critic.name().to_owned()),
                }),
                answers: rooms.workbench.asked_before(&leaf, &by),
            },
            Err(error) => News::Exam {
                exam: Err(error.to_string()),
                answers: Vec::new(),
            },
        };
        post.send(news(&node, told)).await;
    });
}

/// Asks what was not asked before; answers are told as they come.
pub fn ask(leaf: Leaf, rooms: Rooms, jobs: &mut Jobs) {
    jobs.future(Slot::Ask, |post, cancel| async move {
        let node = leaf.path.clone();
        let by = match examiners(&rooms).await {
            Ok(by) => by,
            Err(error) => {
                post.send(news(&node, News::Asked(Err(error.to_string())))).await;
                return;
            }
        };
        let (answers, mut came) = tokio::sync::mpsc::unbounded_channel();
        let telling = {
            let (post, node) = (post.clone(), node.clone());
            async move {
                while let Some(asked) = came.recv().await {
                    post.send(news(&node, News::Answer(Box::new(asked)))).await;
                }
            }
        };
        let asking = async {
            // Nobody listens once the screen is gone.
            let mut take = move |asked| drop(answers.send(asked));
            rooms.workbench.examine(&leaf, &by, &cancel, &mut take).await
        };
        let (ended, ()) = tokio::join!(asking, telling);
        if !cancel.is_cancelled() {
            let ended = ended.map_err(|error| error.to_string());
            post.send(news(&node, News::Asked(ended))).await;
        }
    });
}
