//! How the models of a run are asked at the moment: how many calls side by side, pauses that a server asked for, and what was
//! found out of it.

use jiff::{SignedDuration, Timestamp};

use super::live::{Live, State};
use crate::flow::Cast;
use crate::teacher::Teacher;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Two readings of the end of a pause that lie closer together are the same, in milliseconds.
const SAME: i64 = 900;

/// How one model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub teacher: String,
    /// Calls that may be under way at once, and the most that was set.
    pub limit: usize,
    pub most: usize,
    pub in_flight: usize,
    /// Until then no call begins, since the server asked for a pause.
    pub quiet_until: Option<Timestamp>,
    /// What was found out, each one sentence without a full stop.
    pub notes: Vec<String>,
}

impl Asked {
    fn of(teacher: &dyn Teacher, now: Timestamp) -> Self {
        let pace = teacher.pace();
        let until = |left| now.checked_add(SignedDuration::try_from(left).ok()?).ok();
        Asked {
            teacher: teacher.name().to_owned(),
            limit: pace.limit,
            most: teacher.slots(),
            in_flight: pace.in_flight,
            quiet_until: pace.cooling.and_then(until),
            notes: teacher.notes(),
        }
    }

    fn seconds_left(&self, now: Timestamp) -> Option<u64> {
        let left = self.quiet_until?.duration_since(now).as_secs_f64().ceil();
        (left > 0.0).then_some(left as u64)
    }
}

/// Reads how every model is asked; those that play several parts stand there once. `None` while nothing has changed.
pub fn changed(cast: &Cast, before: &[Asked], now: Timestamp) -> Option<Vec<Asked>> {
    let mut asked: Vec<Asked> = Vec::new();
    for teacher in cast.models() {
        if asked.iter().all(|known| known.teacher != teacher.name()) {
            asked.push(Asked::of(teacher.as_ref(), now));
        }
    }
    // The end of a pause is worked out from what is left of it: it moves a little with every reading.
    for (one, known) in asked.iter_mut().zip(before) {
        if let (Some(until), Some(known)) = (one.quiet_until, known.quiet_until)
            && until.duration_since(known).abs() < SignedDuration::from_millis(SAME)
        {
            one.quiet_until = Some(known);
        }
    }
    (asked != before).then_some(asked)
}

/// Says that a server asked for a pause, with the seconds left.
pub fn pauses(run: &Live, now: Timestamp, prose: &mut Prose) {
    for asked in on_show(run) {
        if let Some(seconds) = asked.seconds_left(now) {
            let whose = if run.asked.len() > 1 {
                asked.teacher.as_str()
            } else {
                "the server"
            };
            prose.push(&format!("{whose} wants a pause: {seconds} s left\n"), Role::Warning);
        }
    }
}

/// Says how many calls go side by side; nothing for a model that takes one at a time anyway.
pub fn places(run: &Live, prose: &mut Prose) {
    for asked in on_show(run).filter(|asked| asked.most > 1) {
        let whose = if run.asked.len() > 1 {
            format!("{}: ", asked.teacher)
        } else {
            String::new()
        };
        let most = if asked.limit < asked.most {
            format!(" of {}", asked.most)
        } else {
            String::new()
        };
        let side = if asked.limit == 1 && most.is_empty() {
            "call at a time"
        } else {
            "calls at once"
        };
        let text = format!("{whose}{}{most} {side}, {} under way\n", asked.limit, asked.in_flight);
        prose.push(&text, Role::Dim);
    }
}

fn on_show(run: &Live) -> impl Iterator<Item = &Asked> {
    run.asked.iter().filter(|_| run.state == State::Running)
}

/// Says what was found out, also when the run is over.
pub fn notes(run: &Live, prose: &mut Prose) {
    for asked in &run.asked {
        for note in &asked.notes {
            prose.push(&format!("! {}: {note}\n", asked.teacher), Role::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::samples::Outcome;
    use crate::teacher::{Answering, ChatRequest, OnText, Pace, TeacherError};
    use crate::tui::screens::generate::live::News;
    use crate::tui::screens::generate::settings::Wish;

    struct Server(Mutex<(Pace, Vec<String>)>);

    impl Teacher for Server {
        fn name(&self) -> &str {
            "granite"
        }
        fn model(&self) -> &str {
            "granite-4"
        }
        fn slots(&self) -> usize {
            64
        }
        fn pace(&self) -> Pace {
            self.0.lock().unwrap().0
        }
        fn notes(&self) -> Vec<String> {
            self.0.lock().unwrap().1.clone()
        }
        fn is_remote(&self) -> bool {
            false
        }
        fn chat(&self, _request: ChatRequest, _on_text: OnText, _cancel: CancellationToken) -> Answering<'_> {
            Box::pin(async { Err(TeacherError::Cancelled) })
        }
    }

    fn pace(limit: usize, cooling: Option<u64>) -> Pace {
        Pace {
            limit,
            in_flight: 3,
            cooling: cooling.map(Duration::from_millis),
        }
    }

    fn told(run: &Live, now: Timestamp, say: impl Fn(&Live, Timestamp, &mut Prose)) -> String {
        let mut prose = Prose::default();
        say(run, now, &mut prose);
        prose.text().to_owned()
    }

    #[test]
    fn a_pause_counts_down_and_a_change_is_told_once() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let later = |millis| now + SignedDuration::from_millis(millis);
        let server = Arc::new(Server(Mutex::new((pace(16, None), Vec::new()))));
        let cast = Cast::of(Arc::clone(&server) as Arc<dyn Teacher>);
        let wish = Wish::new(crate::taxonomy::NodePath::parse("knowledge/a").unwrap(), "granite", 4);
        let mut run = Live::new(1, wish, "granite-4".into(), now);
        run.state = State::Running;
        let look = |run: &mut Live, at| {
            let asked = changed(&cast, &run.asked, at);
            let is_new = asked.is_some();
            run.take(
                News {
                    asked,
                    ..News::default()
                },
                at,
            );
            is_new
        };
        assert!(look(&mut run, now) && !look(&mut run, later(500)));
        let side = |run: &Live| told(run, now, |run, _, prose| places(run, prose));
        assert_eq!(side(&run), "16 of 64 calls at once, 3 under way\n");
        *server.0.lock().unwrap() = (pace(12, Some(14_000)), vec!["it holds to no schema".into()]);
        assert!(look(&mut run, later(1000)));
        assert!(told(&run, later(1000), pauses).contains("a pause: 14 s left"));
        assert!(told(&run, later(5100), pauses).contains("a pause: 10 s left"));
        // Read half a second later, with as much less left: the same pause.
        server.0.lock().unwrap().0 = pace(12, Some(13_490));
        assert!(!look(&mut run, later(1500)));
        server.0.lock().unwrap().0 = pace(12, None);
        assert!(look(&mut run, later(15_000)));
        assert_eq!(told(&run, later(15_000), pauses), "");
        run.end(Outcome::Done, later(16_000));
        assert_eq!(side(&run), "");
        assert!(told(&run, now, |run, _, prose| notes(run, prose)).contains("granite: it holds to no schema"));
    }
}
