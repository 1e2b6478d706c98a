//! Which teachers there are, and one by its name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{EMBEDDED, Environment, WorkbenchError};
use crate::config::{Places, PriceTable, Settings};
use crate::teacher::discovery::{self, Found, USUAL_PLACES};
use crate::teacher::licences::{Licence, licence_of};
use crate::teacher::{Address, Price, Teacher, TeacherSettings, build};

/// Where a teacher is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeacherOrigin {
    /// Named under `teachers:` in the settings.
    Settings,
    /// The model inside the process.
    Embedded,
    /// A server that was found running on this machine.
    Found,
}

/// A teacher to choose from.
#[derive(Debug, Clone)]
pub struct TeacherChoice {
    /// What [`Teachers::by_name`] takes, as in `granite` or `ollama:qwen3:4b`.
    pub name: String,
    pub model: String,
    /// The server's host and port; empty for the embedded one.
    pub host: String,
    pub origin: TeacherOrigin,
    /// Prompts would leave this machine.
    pub remote: bool,
    /// Its drafts are mostly to be rejected.
    pub demonstration: bool,
    /// What the model's licence says of training on its answers.
    pub licence: &'static Licence,
    /// What its tokens cost; `None` when nobody wrote it down.
    pub price: Option<Price>,
    /// What is missing before it can be used, with what to do; empty when it is ready.
    pub missing: Vec<String>,
    /// The one that is used when none is named.
    pub is_default: bool,
}

impl TeacherChoice {
    pub fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }
}

/// The teachers that the settings, this machine and this program offer.
pub struct Teachers {
    pub(super) settings: Settings,
    pub(super) places: Places,
    pub(super) environment: Environment,
    /// Those that were made already: they share limits, connections and loaded weights.
    made: Mutex<HashMap<String, Arc<dyn Teacher>>>,
    /// Read when first asked for.
    pub(super) prices: OnceLock<Result<PriceTable, String>>,
}

impl Teachers {
    pub fn new(settings: Settings, places: Places, environment: Environment) -> Self {
        Teachers {
            settings,
            places,
            environment,
            made: Mutex::default(),
            prices: OnceLock::new(),
        }
    }

    /// The teachers of the settings and the embedded one, the default first. Asks no server and reads no weights.
    pub fn choices(&self) -> Vec<TeacherChoice> {
        let default = self.default_name();
        let mut choices: Vec<TeacherChoice> = self
            .settings
            .teachers
            .iter()
            .map(|(name, settings)| self.configured(name, settings))
            .collect();
        choices.extend(self.embedded_choice());
        for choice in &mut choices {
            choice.is_default = Some(&choice.name) == default.as_ref();
        }
        choices.sort_by_key(|choice| !choice.is_default);
        choices
    }

    /// Looks for servers that run on this machine and are not in the settings yet: one choice for each model they offer.
    /// Takes at most 300 ms.
    pub async fn found(&self) -> Vec<TeacherChoice> {
        let found = discovery::find(&USUAL_PLACES).await;
        let known: Vec<String> = self
            .settings
            .teachers
            .values()
            .filter_map(|settings| host_of(&settings.url))
            .collect();
        let fresh = found
            .iter()
            .filter(|server| host_of(&server.url).is_none_or(|host| !known.contains(&host)));
        fresh
            .flat_map(|server| server.models.iter().map(|model| found_choice(server, model)))
            .collect()
    }

    /// The teacher that is used when none is named: the one in `roles.teacher`, else the only one in the settings, else the
    /// embedded one.
    pub fn default_name(&self) -> Option<String> {
        let settings = &self.settings;
        if let Some(name) = &settings.roles.teacher {
            return Some(name.clone());
        }
        let mut names = settings.teachers.keys();
        match (names.next(), names.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => cfg!(feature = "embedded").then(|| EMBEDDED.to_owned()),
        }
    }

    /// A teacher by its name; `None` takes the default. Nothing is sent, except that a name which is not in the settings is
    /// looked for among the servers on this machine.
    ///
    /// A server that was found is named by its program, with a model behind a colon where it offers several.
    pub async fn by_name(&self, name: Option<&str>) -> Result<Arc<dyn Teacher>, WorkbenchError> {
        let name = match name.map(str::to_owned).or_else(|| self.default_name()) {
            Some(name) => name,
            None => {
                return Err(WorkbenchError::NoTeacher {
                    file: self.places.config_file.clone(),
                });
            }
        };
        if let Some(made) = self.made().get(&name) {
            return Ok(Arc::clone(made));
        }
        let settings = self.settings.teachers.get(&name).cloned();
        let teacher = match settings {
            Some(settings) => self.build(&name, &settings)?,
            None if name == EMBEDDED && cfg!(feature = "embedded") => self.embedded()?,
            None => {
                let settings = self.find_server(&name).await?;
                self.build(&name, &settings)?
            }
        };
        self.made().insert(name, Arc::clone(&teacher));
        Ok(teacher)
    }

    fn made(&self) -> MutexGuard<'_, HashMap<String, Arc<dyn Teacher>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build(&self, name: &str, settings: &TeacherSettings) -> Result<Arc<dyn Teacher>, WorkbenchError> {
        Ok(Arc::new(build(name, settings, &|variable| {
            self.environment.get(variable)
        })?))
    }

    #[cfg(feature = "embedded")]
    fn embedded(&self) -> Result<Arc<dyn Teacher>, WorkbenchError> {
        use crate::teacher::TeacherError;
        use crate::teacher::embedded::{EmbeddedSettings, EmbeddedTeacher};
        let path = self.weights_file();
        match (path.is_file(), &self.settings.embedded.path) {
            (true, _) => {}
            (false, Some(own)) => return Err(WorkbenchError::NoWeightsFile { path: own.clone() }),
            (false, None) => return Err(TeacherError::NoWeights.into()),
        }
        Ok(Arc::new(EmbeddedTeacher::new(EmbeddedSettings { path, slots: None })))
    }

    #[cfg(not(feature = "embedded"))]
    fn embedded(&self) -> Result<Arc<dyn Teacher>, WorkbenchError> {
        Err(WorkbenchError::NoTeacher {
            file: self.places.config_file.clone(),
        })
    }

    pub(super) async fn find_server(&self, name: &str) -> Result<TeacherSettings, WorkbenchError> {
        let (program, model) = name
            .split_once(':')
            .map_or((name, None), |(program, model)| (program, Some(model)));
        let servers = discovery::find(&USUAL_PLACES).await;
        let wanted = |server: &&Found| {
            let own = server.suggested_name();
            own == program || own == program.to_lowercase().replace([' ', '.'], "-")
        };
        let Some(server) = servers.iter().find(wanted) else {
            let own = self.choices().into_iter().map(|choice| choice.name);
            let known: Vec<String> = own.chain(servers.iter().map(Found::suggested_name)).collect();
            let file = self.places.config_file.clone();
            return Err(WorkbenchError::NoSuchTeacher {
                name: name.to_owned(),
                known,
                file,
            });
        };
        let model = match (model, server.models.as_slice()) {
            (Some(model), _) => model.to_owned(),
            (None, [only]) => only.clone(),
            (None, []) => {
                return Err(WorkbenchError::NoModelThere {
                    program: server.program.to_owned(),
                });
            }
            (None, several) => {
                return Err(WorkbenchError::WhichModel {
                    program: server.program.to_owned(),
                    name: program.to_owned(),
                    models: several.to_vec(),
                });
            }
        };
        Ok(server.settings(&model))
    }

    fn configured(&self, name: &str, settings: &TeacherSettings) -> TeacherChoice {
        let mut missing = settings.problems();
        if let Some(variable) = &settings.key_env
            && self
                .environment
                .get(variable.trim())
                .is_none_or(|value| value.trim().is_empty())
        {
            missing.push(format!(
                "the environment variable {variable} is not set; set it to the key"
            ));
        }
        TeacherChoice {
            name: name.to_owned(),
            model: settings.model.clone(),
            host: host_of(&settings.url).unwrap_or_else(|| settings.url.clone()),
            origin: TeacherOrigin::Settings,
            remote: settings.is_remote(),
            demonstration: false,
            licence: licence_of(&settings.model),
            price: self.price_by_name(name, &settings.model, settings.is_remote()),
            missing,
            is_default: false,
        }
    }

    fn embedded_choice(&self) -> Option<TeacherChoice> {
        if !cfg!(feature = "embedded") || self.settings.teachers.contains_key(EMBEDDED) {
            return None;
        }
        let file = self.weights_file();
        let own = self.settings.embedded.path.is_some();
        let model = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let missing = match (file.is_file(), own) {
            (true, _) => Vec::new(),
            (false, true) => vec![format!("there is no file {}; correct `embedded.path`", file.display())],
            (false, false) => {
                vec!["its weights (93 MB, Apache-2.0) were not fetched; run `seedbed teacher pull`".to_owned()]
            }
        };
        Some(TeacherChoice {
            name: EMBEDDED.to_owned(),
            licence: licence_of(&model),
            model,
            host: String::new(),
            origin: TeacherOrigin::Embedded,
            remote: false,
            demonstration: true,
            price: Some(Price::free()),
            missing,
            is_default: false,
        })
    }
}

fn found_choice(server: &Found, model: &str) -> TeacherChoice {
    TeacherChoice {
        name: format!("{}:{model}", server.suggested_name()),
        model: model.to_owned(),
        host: host_of(&server.url).unwrap_or_default(),
        origin: TeacherOrigin::Found,
        remote: false,
        demonstration: false,
        licence: licence_of(model),
        price: Some(Price::free()),
        missing: Vec::new(),
        is_default: false,
    }
}

/// `127.0.0.1:8000` of an address; without a name and password that may stand in it.
fn host_of(url: &str) -> Option<String> {
    let shown = Address::parse(url).ok()?.shown();
    let rest = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest);
    rest.split('/').next().map(str::to_owned)
}
