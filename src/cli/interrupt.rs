//! Stopping as the person asks: Ctrl-C, or a polite signal from the system.

use tokio_util::sync::CancellationToken;

/// Cancels the token at the first Ctrl-C or SIGTERM, until it is dropped. A second one ends the program at once.
pub(super) struct Interrupt {
    token: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Interrupt {
    /// Listens from now on; call inside a runtime.
    pub(super) fn listen(token: &CancellationToken) -> Self {
        let fired = CancellationToken::new();
        let (stop, told) = (token.clone(), fired.clone());
        let task = tokio::spawn(async move {
            asked_to_stop().await;
            told.cancel();
            stop.cancel();
            asked_to_stop().await;
            std::process::exit(130);
        });
        Interrupt { token: fired, task }
    }

    /// True once the person asked to stop.
    pub(super) fn fired(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    interrupted().await;
}

/// Waits for Ctrl-C; for ever where the system cannot tell of it.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
