//! `--fix` and `--diff`: mends files on disk, or shows what would be mended.

use std::path::Path;

use similar::TextDiff;

use super::super::Ended;
use super::super::output::{Ink, Output, shown};
use super::targets::{Around, Target};
use crate::cli::session::Session;
use crate::cores;
use crate::taxonomy::check::{Known, Mended, mend};
use crate::taxonomy::{Fingerprint, SEED_FILE, save};
use crate::text::counted::counted;
use crate::text::visible::visible_line;

/// Mends every file in place; standard input goes to standard output. Files to be renamed are targets under their new name afterwards.
pub(super) fn fix(session: &Session, around: &Around, targets: &mut [Target], output: Output) -> anyhow::Result<()> {
    let author = author(around);
    for target in targets.iter_mut() {
        rename(target, output)?;
    }
    let mended = cores::gathered(targets, |target| mended(target, around, author.as_deref()));
    let (mut findings, mut files) = (0, 0);
    for (target, (before, mended)) in targets.iter_mut().zip(mended) {
        if let Target::Stdin { bytes, .. } = target {
            session.output.bytes(&mended.bytes)?;
            bytes.clone_from(&mended.bytes);
        } else if mended.bytes != before
            && let Some(path) = target.disk()
        {
            save(&path, &mended.bytes, Some(Fingerprint::of(&before)))?;
        }
        findings += mended.done.len();
        files += usize::from(!mended.done.is_empty());
    }
    if findings > 0 {
        let words = format!(
            "Mended {} in {}",
            counted(findings, "finding", "findings"),
            counted(files, "file", "files")
        );
        output.report(output.paint(Ink::Good, words))?;
    }
    Ok(())
}

/// Prints what `fix` would change as unified differences; the status tells whether there is anything.
pub(super) fn show(session: &Session, around: &Around, targets: &[Target]) -> anyhow::Result<Ended> {
    let author = author(around);
    let output = session.output;
    let mut changes = false;
    for (target, (before, mended)) in targets.iter().zip(cores::gathered(targets, |target| {
        mended(target, around, author.as_deref())
    })) {
        let name = shown(&target.shown());
        if let Some(new) = target.disk().as_deref().and_then(new_name) {
            output.line(format!("rename {name} to {}", shown(&new.to_string_lossy())))?;
            changes = true;
        }
        if mended.bytes == before {
            continue;
        }
        changes = true;
        let (old, new) = (String::from_utf8_lossy(&before), String::from_utf8_lossy(&mended.bytes));
        let difference = TextDiff::from_lines(old.as_ref(), new.as_ref());
        let unified = difference
            .unified_diff()
            .header(&format!("a/{name}"), &format!("b/{name}"))
            .to_string();
        for line in unified.lines() {
            let ink = match line.chars().next() {
                Some('+') => Ink::Good,
                Some('-') => Ink::Bad,
                _ => Ink::Faint,
            };
            let line = visible_line(line);
            output.line(if ink == Ink::Faint {
                line.into_owned()
            } else {
                output.paint(ink, line)
            })?;
        }
    }
    Ok(if changes { Ended::Findings } else { Ended::Well })
}

fn mended(target: &Target, around: &Around, author: Option<&str>) -> (Vec<u8>, Mended) {
    let before = target.bytes();
    let known = Known { author };
    let mut judged_as = target.judged_as();
    // A file by another name is mended as what it will be.
    if let Some((folder, name)) = judged_as.rsplit_once('/').filter(|(_, name)| *name != SEED_FILE)
        && is_near(name)
    {
        judged_as = format!("{folder}/{SEED_FILE}");
    }
    let mended = mend(&judged_as, &before, around.profile, known);
    (before, mended)
}

fn author(around: &Around) -> Option<String> {
    let author = around.workbench.as_ref()?.author().ok()??;
    Some(author.name)
}

/// A name that can only be meant as a seed file's; any other file is left alone.
fn is_near(name: &str) -> bool {
    let lower = name.to_lowercase();
    matches!(lower.as_str(), "qna.yaml" | "qna.yml" | "qna.yaml.txt" | "qna.yml.txt")
}

/// What a file should be called, where that name is free.
fn new_name(path: &Path) -> Option<std::path::PathBuf> {
    let name = path.file_name()?.to_str()?;
    let new = path.with_file_name(SEED_FILE);
    // On a disk that ignores capitals the new name may be this very file.
    let same = || {
        path.canonicalize()
            .ok()
            .zip(new.canonicalize().ok())
            .is_some_and(|(a, b)| a == b)
    };
    (name != SEED_FILE && is_near(name) && (!new.exists() || same())).then_some(new)
}

fn rename(target: &mut Target, output: Output) -> anyhow::Result<()> {
    let Target::File {
        disk,
        judged_as,
        shown: name,
    } = target
    else {
        return Ok(());
    };
    let Some(new) = new_name(disk) else { return Ok(()) };
    std::fs::rename(&*disk, &new)?;
    output.note(format!("Renamed {} to {SEED_FILE}", shown(name)));
    *disk = new;
    for path in [judged_as, name] {
        *path = match path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{SEED_FILE}"),
            None => SEED_FILE.to_owned(),
        };
    }
    Ok(())
}
