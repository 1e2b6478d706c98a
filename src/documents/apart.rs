//! Work on files from anywhere, on a thread of its own: a panic, a deep recursion and an endless loop stay there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::ImportError;

/// Readers of nested formats call themselves for each level; the room is only taken when it is used.
const STACK: usize = 256 << 20;

/// Runs a conversion to its end, or gives it up. One that is given up goes on by itself; its result is thrown away.
pub(super) fn apart<T: Send + 'static>(
    file: &str,
    patience: Duration,
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let broke_off = || ImportError::BrokeOff { file: file.to_owned() };
    let (sender, receiver) = channel();
    let started = thread::Builder::new()
        .name("import".into())
        .stack_size(STACK)
        .spawn(move || {
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        });
    if started.is_err() {
        return Err(broke_off());
    }
    match receiver.recv_timeout(patience) {
        Ok(Ok(result)) => result,
        Err(RecvTimeoutError::Timeout) => Err(ImportError::TooSlow {
            file: file.to_owned(),
            seconds: patience.as_secs(),
        }),
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(broke_off()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_an_endless_loop_become_errors() {
        let soon = Duration::from_millis(20);
        let failed = apart::<()>("a.pdf", Duration::from_secs(60), || panic!("on purpose")).unwrap_err();
        assert!(matches!(failed, ImportError::BrokeOff { .. }), "{failed}");
        let slow = apart("a.pdf", soon, || {
            thread::park_timeout(Duration::from_secs(60));
            Ok(())
        });
        assert!(matches!(slow, Err(ImportError::TooSlow { .. })));
        assert_eq!(apart("a.pdf", Duration::from_secs(60), || Ok(7)).unwrap(), 7);
    }
}
