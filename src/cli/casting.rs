//! Who plays the parts of a run: by name, with the weights of the one inside the program fetched where they are missing.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::session::Session;
use crate::flow::Cast;
use crate::teacher::Teacher;
use crate::workbench::Teachers;

/// The models that play the parts: teacher, critic, reviser. `None` when one lacks its weights and they were not fetched.
pub(super) fn cast(
    session: &Session,
    teachers: &Teachers,
    runtime: &Runtime,
    [writer, judge, mender]: [Option<&str>; 3],
) -> anyhow::Result<Option<Cast>> {
    let Some(writer) = teacher(session, teachers, runtime, writer)? else {
        return Ok(None);
    };
    let mut others = Vec::new();
    for name in [judge, mender] {
        others.push(match name.filter(|name| *name != writer.name()) {
            None => None,
            Some(name) => match teacher(session, teachers, runtime, Some(name))? {
                None => return Ok(None),
                other => other,
            },
        });
    }
    let mut others = others.into_iter();
    Ok(Some(Cast {
        teacher: writer,
        critic: others.next().flatten(),
        reviser: others.next().flatten(),
    }))
}

fn teacher(
    session: &Session,
    teachers: &Teachers,
    runtime: &Runtime,
    name: Option<&str>,
) -> anyhow::Result<Option<Arc<dyn Teacher>>> {
    #[cfg(feature = "embedded")]
    if name.map(str::to_owned).or_else(|| teachers.default_name()).as_deref() == Some(crate::workbench::EMBEDDED) {
        use super::Ended;
        use super::fetching::{Consent, fetch_weights};
        if fetch_weights(session, teachers, runtime, Consent::Ask, None)? != Ended::Well {
            return Ok(None);
        }
    }
    let _ = session;
    Ok(Some(runtime.block_on(teachers.by_name(name))?))
}
