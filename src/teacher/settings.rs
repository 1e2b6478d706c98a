//! A teacher as it is written in the settings, and how it becomes one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::http::{Address, HttpOptions, HttpTeacher, Limits, RESERVED_KEYS, Retries};
use super::key::{Key, KeySource, Secret};
use super::{PriceSettings, Sampling, TeacherError};

/// One entry of `teachers:` in the settings. Everything but `url` and `model` may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TeacherSettings {
    /// The address of an OpenAI-compatible server; `/v1` is added where there is no path.
    pub url: String,
    /// The model's name as the server lists it.
    pub model: String,
    /// The environment variable that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// A program with arguments that prints the key; run without a shell, at the first use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_command: Option<String>,
    /// Most seconds for one answer.
    pub timeout: u64,
    /// How many requests at once; left out, that is found out while it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Which models it is kin to, as in `granite`; left out, the model's name tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What its tokens cost; left out, the price table tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceSettings>,
    /// Further keys for the body of every request, as in `top_k: 40`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Default for TeacherSettings {
    fn default() -> Self {
        TeacherSettings {
            url: String::new(),
            model: String::new(),
            key_env: None,
            key_command: None,
            timeout: 300,
            slots: None,
            temperature: None,
            top_p: None,
            max_tokens: None,
            family: None,
            price: None,
            extra: Map::new(),
        }
    }
}

impl TeacherSettings {
    /// Says everything that is wrong, each as `key: what and what to do`; empty when the settings can be used.
    ///
    /// Reads no environment and runs nothing.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut unless = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        if let Err(problem) = Address::parse(&self.url) {
            unless(false, &problem);
        }
        let filled = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.trim().is_empty());
        unless(
            !self.model.trim().is_empty(),
            "`model` is empty; name one that the server lists",
        );
        unless(
            self.key_env.is_none() || self.key_command.is_none(),
            "`key_env` and `key_command` are both set; keep one",
        );
        unless(
            filled(&self.key_env)
                && self
                    .key_env
                    .as_ref()
                    .is_none_or(|name| !name.contains(['=', '\0', ' '])),
            "`key_env` is not the name of an environment variable, as in GRANITE_KEY (the key itself does not belong here)",
        );
        unless(
            filled(&self.key_command)
                && self
                    .key_command
                    .as_ref()
                    .is_none_or(|line| shlex::split(line).is_some()),
            "`key_command` is empty or its quotes do not close",
        );
        unless(
            (1..=86_400).contains(&self.timeout),
            "`timeout` is in seconds, from 1 to 86400",
        );
        unless(
            self.slots.is_none_or(|slots| (1..=1024).contains(&slots)),
            "`slots` is from 1 to 1024",
        );
        unless(
            self.temperature.is_none_or(|t| (0.0..=5.0).contains(&t)),
            "`temperature` is from 0 to 5",
        );
        unless(
            self.top_p.is_none_or(|p| p > 0.0 && p <= 1.0),
            "`top_p` is above 0 and at most 1",
        );
        unless(self.max_tokens != Some(0), "`max_tokens` is at least 1");
        if let Some(Err(problem)) = self.price.as_ref().map(|price| price.price("")) {
            unless(false, &problem);
        }
        for key in self.extra.keys().filter(|key| RESERVED_KEYS.contains(&key.as_str())) {
            problems.push(format!("`extra` cannot set `{key}`; take it out"));
        }
        problems
    }

    /// True when prompts would leave this machine; also when the address cannot be read.
    pub fn is_remote(&self) -> bool {
        Address::parse(&self.url).map_or(true, |address| !address.is_loopback())
    }
}

/// As [`build`], with one try for each request and room for as many at once as are ever measured.
///
/// # Errors
/// As [`build`].
pub fn build_for_measuring(
    name: &str,
    settings: &TeacherSettings,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<HttpTeacher, TeacherError> {
    let mut options = options(name, settings, env)?;
    options.slots = Some(64);
    options.retries = Retries {
        tries: 1,
        connect_tries: 1,
        busy_tries: 1,
        busy_wait: Duration::ZERO,
        ..Retries::default()
    };
    HttpTeacher::new(options)
}

/// Makes the teacher of an entry. `env` looks up an environment variable. Nothing is sent, and no command runs yet.
///
/// # Errors
/// [`TeacherError::BadSettings`] with all problems. A key that is missing is reported at the first request instead, so that
/// a teacher can be listed without it.
pub fn build(
    name: &str,
    settings: &TeacherSettings,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<HttpTeacher, TeacherError> {
    HttpTeacher::new(options(name, settings, env)?)
}

fn options(
    name: &str,
    settings: &TeacherSettings,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<HttpOptions, TeacherError> {
    let bad = |detail: String| TeacherError::BadSettings {
        teacher: name.to_owned(),
        detail,
    };
    let problems = settings.problems();
    if !problems.is_empty() {
        return Err(bad(problems.join("; ")));
    }
    let source = match (&settings.key_env, &settings.key_command) {
        (Some(variable), _) => {
            let variable = variable.trim().to_owned();
            let value = env(&variable).as_deref().and_then(Secret::new);
            KeySource::Variable { name: variable, value }
        }
        (None, Some(line)) => KeySource::Command(shlex::split(line).unwrap_or_default()),
        (None, None) => KeySource::None,
    };
    Ok(HttpOptions {
        name: name.to_owned(),
        address: Address::parse(&settings.url).map_err(bad)?,
        model: settings.model.trim().to_owned(),
        key: Key::new(name, source),
        slots: settings.slots,
        sampling: Sampling {
            temperature: settings.temperature,
            top_p: settings.top_p,
            max_tokens: settings.max_tokens,
            ..Sampling::default()
        },
        extra: settings.extra.clone(),
        limits: Limits {
            whole: Duration::from_secs(settings.timeout),
            ..Limits::default()
        },
        retries: Retries::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::Teacher;

    #[test]
    fn an_entry_is_read_and_built() {
        let text =
            "url: http://127.0.0.1:8000/v1\nmodel: granite-4.0-h-small\nkey_env: GRANITE_KEY\nextra: {top_k: 40}\n";
        let settings: TeacherSettings = serde_yaml::from_str(text).unwrap();
        assert_eq!((settings.timeout, settings.slots), (300, None));
        assert!(settings.problems().is_empty() && !settings.is_remote());
        let teacher = build("granite", &settings, &|name| Some(format!("sk-of-{name}"))).unwrap();
        assert_eq!(
            (teacher.name(), teacher.model(), teacher.slots()),
            ("granite", "granite-4.0-h-small", 64)
        );
        assert!(!teacher.is_remote() && teacher.has_key());
        assert!(!format!("{teacher:?}").contains("sk-of"));
        assert!(
            serde_yaml::from_str::<TeacherSettings>("urll: x")
                .unwrap_err()
                .to_string()
                .contains("urll")
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let settings = TeacherSettings {
            url: "example.org".into(),
            key_env: Some("A".into()),
            key_command: Some("pass 'x".into()),
            timeout: 0,
            slots: Some(0),
            temperature: Some(f64::NAN),
            top_p: Some(0.0),
            max_tokens: Some(0),
            price: Some(PriceSettings::default()),
            extra: [("model".to_owned(), Value::Null)].into_iter().collect(),
            ..TeacherSettings::default()
        };
        assert_eq!(settings.problems().len(), 11, "{:#?}", settings.problems());
        assert!(settings.is_remote());
        let said = build("t", &settings, &|_| None).unwrap_err().to_string();
        assert!(said.contains("'t'") && said.contains("`slots`"), "{said}");
    }
}
