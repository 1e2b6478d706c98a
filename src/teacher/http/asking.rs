//! One conversation: the tries, the waits between them, and what each failure means.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};

use super::body::{innermost, read_start};
use super::complaint::{Complaint, shorten};
use super::reading::{Listener, ReadingLimits, Unread, read_answer};
use super::request::{self, Shape};
use super::trouble::{Asked, Remedy, Reshape, Trouble, judge};
use super::{Inner, client, retries};
use crate::teacher::key::Secret;
use crate::teacher::{ChatRequest, Reply, TeacherError};

impl Inner {
    pub(super) async fn converse(&self, request: &ChatRequest, mut listener: Listener) -> Result<Reply, TeacherError> {
        let retries = &self.options.retries;
        let mut waits = retries.waits();
        let (mut tries, mut unreached, mut key_renewed) = (0_u32, 0_u32, false);
        loop {
            let turn = self.pacing.turn().await;
            // Kept for this try: requests side by side may change what the next one uses.
            let (key, shape) = (self.options.key.get().await?, self.shape());
            let asking = self.ask(request, key.as_ref(), shape, &mut listener);
            let asked = tokio::time::timeout(self.options.limits.whole, asking).await;
            let Trouble { error, remedy } = match asked {
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(trouble)) => *trouble,
                Err(_) => return Err(self.timed_out(self.options.limits.whole)),
            };
            let remedy = if listener.has_heard() { Remedy::GiveUp } else { remedy };
            let wait = match remedy {
                Remedy::GiveUp => return Err(error),
                Remedy::Reshape(reshape) => {
                    let flag = match reshape {
                        Reshape::WithoutUsage => &self.without_usage,
                        Reshape::NewTokenLimit => &self.new_token_limit,
                    };
                    if self.is_refused_all_the_same(request, shape, reshape) {
                        return Err(error);
                    }
                    flag.store(true, Ordering::Relaxed);
                    continue;
                }
                Remedy::LookUpModels => return Err(self.model_or_address(error).await),
                Remedy::RenewKey => {
                    match key {
                        Some(refused) if !key_renewed && self.options.key.forget(&refused).await => key_renewed = true,
                        _ => return Err(error),
                    }
                    continue;
                }
                Remedy::Reconnect => {
                    unreached += 1;
                    if unreached >= retries.connect_tries {
                        return Err(error);
                    }
                    waits.next()
                }
                Remedy::Wait { asked, everyone } => {
                    tries += 1;
                    if tries >= retries.tries || asked.is_some_and(|wait| wait > retries.longest_asked) {
                        return Err(after_tries(error, tries));
                    }
                    let wait = waits.next().map(|wait| asked.unwrap_or(wait));
                    if let Some(wait) = wait.filter(|_| everyone) {
                        self.pacing.cool_down(wait);
                    }
                    wait
                }
            };
            // Others may use the place meanwhile.
            drop(turn);
            tokio::time::sleep(wait.unwrap_or(retries.longest_wait)).await;
        }
    }

    /// One try.
    async fn ask(
        &self,
        request: &ChatRequest,
        key: Option<&Secret>,
        shape: Shape,
        listener: &mut Listener,
    ) -> Result<Reply, Box<Trouble>> {
        let at_once = |error| Box::new(Trouble::without_remedy(error));
        let options = &self.options;
        let body = request::body(request, &options.model, &options.sampling, &options.extra, shape);
        let sent = self
            .client
            .post(options.address.chat())
            .headers(self.key_header(key).map_err(at_once)?)
            .header(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"))
            .json(&body)
            .send()
            .await;
        let response = sent.map_err(|error| {
            let reason = innermost(&error);
            Box::new(Trouble {
                error: self.unreachable(reason),
                remedy: Remedy::Reconnect,
            })
        })?;
        if !response.status().is_success() {
            return Err(Box::new(self.complaint_of(response, key).await));
        }
        let limits = ReadingLimits {
            idle: options.limits.idle,
            after_finish: options.limits.after_finish,
            bytes: options.limits.bytes,
        };
        let unread = match read_answer(response, limits, &options.model, listener).await {
            Ok(reply) => return Ok(reply),
            Err(unread) => unread,
        };
        Err(Box::new(self.judge_unread(unread, key)))
    }

    pub(super) async fn complaint_of(&self, response: Response, key: Option<&Secret>) -> Trouble {
        let status = response.status();
        if status.is_redirection() {
            let to = response
                .headers()
                .get(LOCATION)
                .and_then(|to| to.to_str().ok())
                .unwrap_or("another address");
            // The query of the new address may repeat ours.
            let to = shorten(to.split_once('?').map_or(to, |(start, _)| start));
            let detail = scrubbed(format!("it sends to {to} instead ({})", status.as_u16()), key);
            return Trouble::without_remedy(TeacherError::WrongAddress {
                url: self.shown.clone(),
                detail,
            });
        }
        let wait = retries::asked_wait(response.headers());
        let body = read_start(response, 64 << 10, Duration::from_secs(5)).await;
        self.judged(Complaint::from_body(status.as_u16(), &body), key, wait)
    }

    fn judged(&self, mut complaint: Complaint, key: Option<&Secret>, wait: Option<Duration>) -> Trouble {
        complaint.message = scrubbed(complaint.message, key);
        let source_of_key = self.options.key.source().describe();
        let asked = Asked {
            url: &self.shown,
            model: &self.options.model,
            source_of_key: &source_of_key,
        };
        judge(&complaint, asked, wait)
    }

    pub(super) fn judge_unread(&self, unread: Unread, key: Option<&Secret>) -> Trouble {
        let url = self.shown.clone();
        match unread {
            Unread::Cut { reason, partial } => {
                let error = TeacherError::Cut { url, reason, partial };
                Trouble {
                    error,
                    remedy: Remedy::Wait {
                        asked: None,
                        everyone: false,
                    },
                }
            }
            Unread::Silent(after) => Trouble::without_remedy(self.timed_out(after)),
            Unread::Complaint { value, partial } => {
                let trouble = self.judged(Complaint::from_json(200, &value), key, None);
                if partial.is_empty() {
                    return trouble;
                }
                // The text that came is worth keeping, and says that the request itself was fine.
                let reason = match &trouble.error {
                    TeacherError::Failed { detail, .. } | TeacherError::Refused { detail, .. } => detail.clone(),
                    other => other.to_string(),
                };
                Trouble {
                    error: TeacherError::Cut { url, reason, partial },
                    remedy: trouble.remedy,
                }
            }
            Unread::Malformed(detail) => Trouble::without_remedy(TeacherError::Malformed {
                url,
                detail: scrubbed(detail, key),
            }),
            Unread::Page(title) => {
                let detail = scrubbed(format!("a web page came instead ({title})"), key);
                Trouble::without_remedy(TeacherError::WrongAddress { url, detail })
            }
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            with_usage: !self.without_usage.load(Ordering::Relaxed),
            new_token_limit: self.new_token_limit.load(Ordering::Relaxed),
        }
    }

    /// True when a try of this shape already did what the server asks for, so that asking again changes nothing.
    fn is_refused_all_the_same(&self, request: &ChatRequest, shape: Shape, reshape: Reshape) -> bool {
        match reshape {
            Reshape::WithoutUsage => !shape.with_usage,
            Reshape::NewTokenLimit => {
                let has_limit = request
                    .sampling
                    .max_tokens
                    .or(self.options.sampling.max_tokens)
                    .is_some();
                shape.new_token_limit || !has_limit
            }
        }
    }

    pub(super) fn key_header(&self, key: Option<&Secret>) -> Result<HeaderMap, TeacherError> {
        client::key_header(key).ok_or_else(|| TeacherError::NoKey {
            teacher: self.options.name.clone(),
            detail: format!(
                "{} holds characters that a key cannot have, such as a line break",
                self.options.key.source().describe()
            ),
        })
    }

    pub(super) fn unreachable(&self, reason: String) -> TeacherError {
        TeacherError::Unreachable {
            url: self.shown.clone(),
            reason,
        }
    }

    pub(super) fn timed_out(&self, after: Duration) -> TeacherError {
        TeacherError::TimedOut {
            url: self.shown.clone(),
            after,
        }
    }
}

/// Tells how often was asked, in the errors that say it.
fn after_tries(error: TeacherError, tries: u32) -> TeacherError {
    match error {
        TeacherError::Busy { url, status, asked, .. } => TeacherError::Busy {
            url,
            status,
            tries,
            asked,
        },
        TeacherError::Failed {
            url, status, detail, ..
        } => TeacherError::Failed {
            url,
            status,
            tries,
            detail,
        },
        other => other,
    }
}

fn scrubbed(text: String, key: Option<&Secret>) -> String {
    key.map_or_else(|| text.clone(), |key| key.scrub(&text))
}
