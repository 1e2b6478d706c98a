//! The loop itself: waits for events, lets `update` act, performs effects, draws at most sixty frames a second.

use std::time::{Duration, Instant};

use crossterm::event::EventStream;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::TuiError;
use super::command::Command;
use super::effect::{EditorTarget, Effect};
use super::event::{Action, Event, translate};
use super::jobs::{Envelope, Jobs};
use super::keymap::Keymap;
use super::late::{LateReply, Taken};
use super::model::Model;
use super::place::{self, Start};
use super::report::Report;
use super::rooms::Rooms;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use super::terminal::{self, Screen};
use super::theme::{self, Depth, Theme};
use super::update::update;
use super::view::view;
use super::watch::{Watch, watch};
use crate::config::{Appearance, Settings};
use crate::workbench::{Environment, Workbench};

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// Events taken in before a frame is drawn, so that a flood of keys or reports cannot starve the screen.
const BATCH: usize = 64;

/// What is on the screen while runs write down how they ended.
const STOPPING: &str = "stopping… what was made is kept; quit once more to leave at once";

/// Opens the screens on a taxonomy and returns when the person leaves.
///
/// # Errors
/// [`TuiError`] when there is no terminal, or settings for keys or themes are wrong; the terminal is restored in every case.
pub fn open(workbench: Workbench, start: Start) -> Result<(), TuiError> {
    let settings = workbench.settings().clone();
    let environment = workbench.environment().clone();
    let keymap = Keymap::new(&settings.keys)?;
    let term = environment.get("TERM");
    let (theme, depth) = theme_for(&settings, &environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    terminal::restore_on_panic(workbench.places().state.clone());
    let mouse = settings.mouse.unwrap_or(true) && term.as_deref() != Some("dumb");
    let screen = Screen::enter(mouse)?;
    let mut model = Model::new(&workbench, theme, depth, keymap, screen.size(), mouse);
    let left = place::read(&workbench.places().state, workbench.root());
    let mut first = Vec::from(
        [
            browse::Effect::Scan { again: false },
            browse::Effect::Git,
            browse::Effect::Count,
        ]
        .map(Effect::Browse),
    );
    place::begin(&mut model, start, left, &mut first);
    let (jobs, reports) = Jobs::new(runtime.handle().clone());
    let mut running = Loop {
        model,
        screen,
        jobs,
        rooms: Rooms::new(workbench),
        quit: false,
        suspend: false,
        editor: None,
        late: LateReply::default(),
    };
    let ended = runtime.block_on(running.run(first, reports));
    terminal::restore();
    let Loop { jobs, .. } = running;
    jobs.finish();
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// The theme that the settings name for this terminal's background, fitted to its colours.
///
/// Must be called before anything else reads from the terminal, since it may ask for the background.
pub(super) fn theme_for(settings: &Settings, environment: &Environment) -> Result<(Theme, Depth), TuiError> {
    let depth = Depth::from_environment(|name| environment.get(name));
    let light = match settings.theme.appearance {
        Appearance::Light => true,
        Appearance::Dark => false,
        // `Screen::enter` says it when there is no terminal.
        Appearance::Auto => {
            Screen::is_there() && terminal::background_is_light(environment.get("TERM").as_deref()).unwrap_or_default()
        }
    };
    let (named, usual) = if light {
        (&settings.theme.light, "dawn")
    } else {
        (&settings.theme.dark, "dusk")
    };
    Ok((theme::shipped(named.as_deref().unwrap_or(usual), depth)?, depth))
}

struct Loop {
    model: Model,
    screen: Screen,
    jobs: Jobs,
    rooms: Rooms,
    quit: bool,
    suspend: bool,
    /// A text that waits for the editor.
    editor: Option<(String, &'static str, EditorTarget)>,
    late: LateReply,
}

impl Loop {
    async fn run(&mut self, first: Vec<Effect>, mut reports: mpsc::Receiver<Envelope>) -> Result<(), TuiError> {
        let mut keys = Some(EventStream::new());
        let mut signals = Signals::new()?;
        let (changed, mut changes) = mpsc::channel(16);
        // The watch, once it was asked for; setting it up on a large tree takes a while.
        let (set_up, mut watches) = mpsc::channel::<Result<Watch, String>>(1);
        let mut set_up = Some(set_up);
        let mut _watching: Option<Watch> = None;
        first.into_iter().for_each(|effect| self.perform(effect));
        generate::jobs::perform(generate::Effect::LookForTeachers, &self.rooms, &mut self.jobs);
        let mut drawn: Option<Instant> = None;
        let mut dirty = true;
        loop {
            if dirty && drawn.is_none_or(|at| at.elapsed() >= FRAME) {
                self.draw()?;
                drawn = Some(Instant::now());
                dirty = false;
                if self.model.tree.walked
                    && let Some(set_up) = set_up.take()
                {
                    let (root, news) = (self.model.root.clone(), changed.clone());
                    tokio::task::spawn_blocking(move || drop(set_up.blocking_send(watch(&root, news))));
                }
            }
            let next_frame = drawn.filter(|_| dirty).map(|at| FRAME.saturating_sub(at.elapsed()));
            let wake = self.until_wake();
            let event = tokio::select! {
                event = next_key(&mut keys) => match event {
                    Some(Ok(event)) => Event::from_terminal(event),
                    // The terminal is gone: leave as on a hang-up.
                    Some(Err(_)) | None => Some(Event::Terminate),
                },
                Some(envelope) = reports.recv() => self.jobs.accept(envelope).map(Event::Report),
                Some(report) = changes.recv() => Some(Event::Report(report)),
                Some(made) = watches.recv() => match made {
                    Ok(watch) => {
                        _watching = Some(watch);
                        None
                    }
                    Err(message) => Some(Event::Report(Report::Unwatched(message))),
                },
                signal = signals.next() => Some(signal),
                () = sleep(next_frame) => None,
                () = sleep(wake) => Some(Event::Wake),
            };
            let Some(event) = event else { continue };
            dirty |= self.take(event);
            for _ in 0..BATCH {
                let Ok(envelope) = reports.try_recv() else { break };
                if let Some(report) = self.jobs.accept(envelope) {
                    dirty |= self.take(Event::Report(report));
                }
            }
            if self.quit {
                // Nobody takes reports any more: a run that waits to be heard must go on to its end.
                drop(reports);
                self.see_runs_off(&mut keys).await;
                return Ok(());
            }
            if self.suspend {
                self.suspended()?;
                dirty = true;
            }
            if let Some((text, suffix, target)) = self.editor.take() {
                // Nothing of ours may read the keyboard meanwhile. The wake-up that the ended stream sends is for its thread:
                // taken out of the queue here, it would leave that thread reading beside the editor for ever.
                drop(keys.take());
                self.edited_elsewhere(&text, suffix, target)?;
                keys = Some(EventStream::new());
                dirty = true;
            }
        }
    }

    /// Says that runs are being stopped until they have written down how they ended.
    ///
    /// Who asks once more to quit does not wait: a run without last words is found interrupted, and what it made and was
    /// answered is on the disk already.
    async fn see_runs_off(&mut self, keys: &mut Option<EventStream>) {
        let Some(ended) = self.jobs.stop_runs() else { return };
        let mut ended = std::pin::pin!(ended);
        self.model.now = Timestamp::now();
        self.model.overlay = None;
        self.model.tell(super::chrome::Weight::Plain, STOPPING);
        // A terminal that is gone takes no frame; runs are waited for all the same.
        let _ = self.draw();
        loop {
            let event = tokio::select! {
                () = &mut ended => return,
                event = next_key(keys) => event,
            };
            match event {
                Some(Ok(event)) => {
                    let action = Event::from_terminal(event).and_then(|event| translate(&self.model, event));
                    if matches!(action, Some(Action::Command(Command::Quit, _))) {
                        return;
                    }
                }
                Some(Err(_)) | None => *keys = None,
            }
        }
    }

    /// Lets the model act on an event; true when the screen must be drawn.
    fn take(&mut self, event: Event) -> bool {
        self.model.now = Timestamp::now();
        if let Event::Key(key) = &event {
            match self.late.take(*key) {
                Taken::Pass => {}
                Taken::Swallowed => return false,
                Taken::Background { light } => return self.background_told(light),
            }
        }
        let Some(action) = translate(&self.model, event) else {
            return false;
        };
        for effect in update(&mut self.model, action) {
            self.perform(effect);
        }
        true
    }

    /// The terminal said late what its background is: the theme follows unless the person chose one.
    fn background_told(&mut self, light: bool) -> bool {
        let settings = &self.rooms.workbench.settings().theme;
        if settings.appearance != Appearance::Auto || self.model.theme.dark != light || !self.model.theme.has_colour {
            return false;
        }
        let (named, usual) = if light {
            (&settings.light, "dawn")
        } else {
            (&settings.dark, "dusk")
        };
        match theme::shipped(named.as_deref().unwrap_or(usual), self.model.depth) {
            Ok(theme) => self.model.theme = theme,
            Err(_) => return false,
        }
        true
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Quit => self.quit = true,
            Effect::Suspend if terminal::can_suspend() => self.suspend = true,
            Effect::Suspend => {
                let quit = self.model.keymap.how(Command::Quit);
                let told = format!("there is no shell to go back to; {quit} quits");
                self.model.tell(super::chrome::Weight::Plain, told);
            }
            Effect::Redraw => drop(self.screen.redraw()),
            Effect::SetMouse(on) => drop(self.screen.set_mouse(on)),
            Effect::Copy(text) => self.copy(&text),
            Effect::KeepPlace(place) => {
                let (state, root) = (self.rooms.workbench.places().state.clone(), self.model.root.clone());
                // Where it cannot be written the next start begins in the tree; that is no reason to disturb anybody.
                self.jobs.queue(move |_| drop(place::keep(&state, &root, *place)));
            }
            Effect::OpenEditor { text, suffix, target } => self.editor = Some((text, suffix, target)),
            Effect::Browse(effect) => browse::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Sources(effect) => attribution::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Edit(effect) => edit::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Find(effect) => find::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Generate(effect) => generate::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Review(effect) => review::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Commit(effect) => commit::jobs::perform(effect, &self.rooms, &mut self.jobs),
            Effect::Documents(effect) => documents::jobs::perform(effect, &self.rooms, &mut self.jobs),
        }
    }

    fn copy(&mut self, text: &str) {
        use super::chrome::Weight;
        if self.rooms.workbench.settings().clipboard == crate::config::Clipboard::Off {
            return;
        }
        let tmux = self.rooms.workbench.environment().get("TMUX").is_some();
        match terminal::copy_sequence(text, tmux) {
            Some(sequence) if self.screen.send(&sequence).is_ok() => {
                let count = text.chars().count();
                self.model.tell(Weight::Good, format!("copied {count} characters"));
            }
            _ => self
                .model
                .tell(Weight::Bad, "the text is too long for the terminal's clipboard"),
        }
    }

    fn draw(&mut self) -> Result<(), TuiError> {
        let model = &self.model;
        let mut hits = None;
        self.screen.draw(|frame| hits = Some(view(model, frame)))?;
        if let Some(hits) = hits {
            self.model.hits = hits;
        }
        Ok(())
    }

    fn until_wake(&self) -> Option<Duration> {
        let at = self.model.wake_at()?;
        Some(Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default())
    }

    /// Gives the terminal to the shell and stops until `fg`.
    ///
    /// The stream of keys stays: a stopped process reads nothing. Ending it would leave a wake-up in its queue, and keys that
    /// come together with that wake-up, right after `fg`, are not seen before the next key.
    fn suspended(&mut self) -> Result<(), TuiError> {
        self.suspend = false;
        terminal::restore();
        terminal::suspend_process()?;
        self.come_back()
    }

    /// Gives the terminal to the person's editor, and takes in what comes back.
    fn edited_elsewhere(&mut self, text: &str, suffix: &'static str, target: EditorTarget) -> Result<(), TuiError> {
        terminal::restore();
        let environment = self.rooms.workbench.environment().clone();
        let setting = self.rooms.workbench.settings().editor.clone();
        let command = terminal::editor_command(setting.as_deref(), |name| environment.get(name));
        let report = match terminal::edit_in(command.as_deref(), text, suffix) {
            Ok(text) => Report::Edited { target, text },
            Err(error) => Report::failed(error.to_string()),
        };
        self.come_back()?;
        self.take(Event::Report(report));
        Ok(())
    }

    fn come_back(&mut self) -> Result<(), TuiError> {
        self.screen.enter_again()?;
        let (width, height) = self.screen.size();
        self.take(Event::Resize(width, height));
        Ok(())
    }
}

async fn next_key(keys: &mut Option<EventStream>) -> Option<std::io::Result<crossterm::event::Event>> {
    match keys {
        Some(keys) => keys.next().await,
        None => std::future::pending().await,
    }
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// Signals that end or stop the program.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.terminate.recv() => Event::Terminate,
            _ = self.hangup.recv() => Event::Terminate,
            _ = self.interrupt.recv() => Event::Terminate,
            _ = self.stop.recv() => Event::Stop,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Event {
        let _ = tokio::signal::ctrl_c().await;
        Event::Terminate
    }
}
