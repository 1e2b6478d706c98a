//! Which models a server offers, and what a wrong model or address looks like.

use super::address::Address;
use super::body::{innermost, read_whole};
use super::trouble::What;
use super::{Inner, Limits, client, request};
use crate::teacher::TeacherError;

impl Inner {
    pub(super) async fn models(&self) -> Result<Vec<String>, TeacherError> {
        let limit = self.options.limits.models;
        tokio::time::timeout(limit, self.list_models())
            .await
            .unwrap_or_else(|_| Err(self.timed_out(limit)))
    }

    async fn list_models(&self) -> Result<Vec<String>, TeacherError> {
        let key = self.options.key.get().await?;
        let sent = self
            .client
            .get(self.options.address.models())
            .headers(self.key_header(key.as_ref())?)
            .send()
            .await;
        let response = sent.map_err(|error| self.unreachable(innermost(&error)))?;
        if !response.status().is_success() {
            let error = self.complaint_of(response, key.as_ref(), What::default()).await.error;
            return Err(match error {
                TeacherError::Refused { url, status: 404, .. } => TeacherError::WrongAddress {
                    url,
                    detail: "it has no list of models (404)".to_owned(),
                },
                other => other,
            });
        }
        let body = read_whole(response, self.options.limits.bytes)
            .await
            .map_err(|unread| self.judge_unread(unread, key.as_ref(), What::default()).error)?;
        request::model_names(&body).ok_or_else(|| TeacherError::WrongAddress {
            url: self.shown.clone(),
            detail: "its list of models is not one".to_owned(),
        })
    }

    /// Tells a wrong model from a wrong address, by the list of models.
    pub(super) async fn model_or_address(&self, error: TeacherError) -> TeacherError {
        let (url, model) = (self.shown.clone(), self.options.model.clone());
        let not_found = matches!(error, TeacherError::Refused { status: 404, .. });
        match self.models().await {
            // Ollama takes a name without its tag for `:latest`; what is offered by that name was not the trouble.
            Ok(offered)
                if offered
                    .iter()
                    .any(|name| *name == model || name.strip_suffix(":latest") == Some(&model)) =>
            {
                error
            }
            Ok(offered) => TeacherError::NoSuchModel {
                offered: nearest_models(&model, offered),
                url,
                model,
            },
            Err(TeacherError::WrongKey {
                status, source_of_key, ..
            }) => TeacherError::WrongKey {
                url,
                status,
                source_of_key,
            },
            Err(_) if not_found => match error {
                TeacherError::Refused { detail, .. } => TeacherError::WrongAddress {
                    url,
                    detail: format!("{detail} (404)"),
                },
                other => other,
            },
            Err(_) => error,
        }
    }
}

/// A list of models, and who is said to own the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub models: Vec<String>,
    pub owner: Option<String>,
}

/// Asks an address for its models, without a key; `None` when nobody answers with a list of models.
pub async fn list_models_at(url: &str) -> Option<Listed> {
    let address = Address::parse(url).ok()?;
    let client = client::client(&address, Limits::default().connect).ok()?;
    let response = client.get(address.models()).send().await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    let body = read_whole(response, 1 << 20).await.ok()?;
    Some(Listed {
        models: request::model_names(&body)?,
        owner: request::first_owner(&body),
    })
}

/// The models nearest to a wrong name, at most eight: those that share most words with it come first.
fn nearest_models(wanted: &str, offered: Vec<String>) -> Vec<String> {
    let words = |name: &str| -> Vec<String> {
        let lower = name.to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let wanted = words(wanted);
    let mut offered = offered;
    // A stable sort keeps the server's order among equals.
    offered.sort_by_cached_key(|name| {
        let shared = words(name).iter().filter(|word| wanted.contains(word)).count();
        std::cmp::Reverse(shared)
    });
    offered.truncate(8);
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_models_come_first() {
        let offered = (0..20)
            .map(|n| format!("other-x{n}"))
            .chain(["llama-3.1-8b-instruct".to_owned()])
            .collect();
        let near = nearest_models("Llama-3.1:8b", offered);
        assert_eq!(
            (near.len(), near[0].as_str(), near[1].as_str()),
            (8, "llama-3.1-8b-instruct", "other-x0")
        );
    }
}
