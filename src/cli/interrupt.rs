//! Stopping as the person asks: Ctrl-C, or a polite signal from the system.

use tokio_util::sync::CancellationToken;

/// Cancels the token at the first Ctrl-C or SIGTERM, until it is dropped. A second one ends the program at once.
pub(super) struct Interrupt {
    token: CancellationToken,
    over: CancellationToken,
}

impl Interrupt {
    /// Listens from now on, in a thread of its own: whoever works on one thread for long would hear nothing.
    pub(super) fn listen(token: &CancellationToken) -> Self {
        let (fired, over) = (CancellationToken::new(), CancellationToken::new());
        let (stop, told, ends) = (token.clone(), fired.clone(), over.clone());
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let listening = async {
                asked_to_stop().await;
                told.cancel();
                stop.cancel();
                asked_to_stop().await;
                std::process::exit(130);
            };
            runtime.block_on(async {
                tokio::select! {
                    () = ends.cancelled() => {}
                    () = listening => {}
                }
            });
        });
        Interrupt { token: fired, over }
    }

    /// True once the person asked to stop.
    pub(super) fn fired(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.over.cancel();
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
