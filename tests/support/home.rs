//! A home folder of its own for programs under test, so that nothing of the person's own machine leaks in.

#![allow(dead_code, clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::Path;

const GIT_SETTINGS: &str = "\
[user]
\tname = Rosa Field
\temail = rosa@example.com
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[core]
\tautocrlf = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// The environment variables that make a folder the program's home. Git knows an author there.
pub fn home_variables(home: &Path) -> Vec<(&'static str, OsString)> {
    let git = home.join(".gitconfig");
    if !git.exists() {
        std::fs::create_dir_all(home).unwrap();
        std::fs::write(&git, GIT_SETTINGS).unwrap();
    }
    vec![
        ("HOME", home.into()),
        ("XDG_CONFIG_HOME", home.join(".config").into()),
        ("XDG_DATA_HOME", home.join(".local/share").into()),
        ("XDG_CACHE_HOME", home.join(".cache").into()),
        ("XDG_STATE_HOME", home.join(".local/state").into()),
        ("GIT_CONFIG_GLOBAL", git.into()),
        ("GIT_CONFIG_NOSYSTEM", "1".into()),
    ]
}
