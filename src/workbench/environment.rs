//! Environment variables, handed in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Looks up environment variables; clones share the lookup.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

impl Environment {
    /// Wraps a lookup, as in `std::env::var(name).ok()`.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Environment(Arc::new(lookup))
    }

    /// An environment of these variables only, as tests want it.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let known: BTreeMap<String, String> = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Environment::new(move |name| known.get(name).cloned())
    }

    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

impl fmt::Debug for Environment {
    /// Shows nothing: variables hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
