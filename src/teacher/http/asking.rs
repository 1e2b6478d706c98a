//! One conversation: the tries, the waits between them, and what each failure means.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};
use serde_json::json;

use super::answer::Draft;
use super::body::{innermost, read_start};
use super::complaint::{Complaint, shorten};
use super::learnt::{Shape, form_of};
use super::reading::{Hears, Listener, ReadingLimits, Unread, read_answer};
use super::trouble::{Asked, Remedy, Reshape, Trouble, What, judge};
use super::{Inner, client, request, retries};
use crate::teacher::key::Secret;
use crate::teacher::{ChatRequest, Reply, TeacherError};
use crate::text::tokens;

/// What one call asks.
pub(super) struct Question<'a> {
    pub request: &'a ChatRequest,
    /// Answers wanted to each text.
    pub choices: usize,
    /// Raw texts that go out together instead of the request's own; empty when it goes alone.
    pub texts: &'a [String],
}

impl Inner {
    /// Asks for so many answers in one call until they come or nothing helps. The server may give fewer; there are none when
    /// it refuses to give several at once.
    pub(super) async fn converse(
        &self,
        request: &ChatRequest,
        choices: usize,
        listener: &mut Listener,
    ) -> Result<Vec<Reply>, TeacherError> {
        let retries = &self.options.retries;
        let (mut tries, mut busy, mut unreached, mut key_renewed) = (0_u32, 0_u32, 0_u32, false);
        let mut reshaped: Vec<Reshape> = Vec::new();
        loop {
            let turn = self.pacing.turn().await;
            listener.begin_anew();
            // Kept for this try: requests side by side may change what the next one uses.
            let (key, mut shape) = (self.options.key.get().await?, self.learnt.shape());
            for reshape in &reshaped {
                shape.change(*reshape);
            }
            let question = Question {
                request,
                choices,
                texts: &[],
            };
            let asking = self.ask(&question, key.as_ref(), shape, listener);
            let asked = tokio::time::timeout(self.options.limits.whole, asking).await;
            let Trouble { error, remedy } = match asked {
                Ok(Ok(replies)) => {
                    turn.answered(replies.iter().map(written).sum());
                    self.learnt.keep_answered();
                    // Only what led to an answer is kept: some servers name a part that was not the trouble.
                    reshaped.iter().for_each(|reshape| self.learnt.keep(*reshape));
                    if !request.prompt.is_chat() {
                        self.learnt.keep_raw(true);
                    }
                    return Ok(replies);
                }
                Ok(Err(trouble)) => *trouble,
                Err(_) => return Err(self.timed_out(self.options.limits.whole)),
            };
            if matches!(error, TeacherError::NoRawCompletions { .. }) {
                self.learnt.keep_raw(false);
            }
            let wait = match remedy {
                Remedy::GiveUp => return Err(error),
                Remedy::Reshape(Reshape::OneByOne) => {
                    // Some servers refuse several answers only where they would all be the same.
                    if request.sampling.temperature != Some(0.0) {
                        self.learnt.keep(Reshape::OneByOne);
                    }
                    return Ok(Vec::new());
                }
                Remedy::Reshape(reshape) => {
                    if !shape.change(reshape) || (reshape == Reshape::NewTokenLimit && !self.has_limit(request)) {
                        return Err(error);
                    }
                    reshaped.push(reshape);
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
                    let most = match self.learnt.has_answered() {
                        true => retries.tries,
                        false => retries.connect_tries,
                    };
                    if unreached >= most {
                        return Err(error);
                    }
                    retries.wait(unreached)
                }
                Remedy::Wait { asked, everyone } => {
                    let (count, most) = match everyone {
                        true => (&mut busy, retries.busy_tries),
                        false => (&mut tries, retries.tries),
                    };
                    *count += 1;
                    let count = *count;
                    let too_long = asked.is_some_and(|wait| wait > retries.longest_asked);
                    let wait = asked.unwrap_or_else(|| match everyone {
                        true => retries.busy_wait(count),
                        false => retries.wait(count),
                    });
                    if too_long {
                        return Err(after_tries(error, count));
                    }
                    if everyone {
                        self.pacing.busy(wait);
                    }
                    if count >= most {
                        return Err(after_tries(error, count));
                    }
                    wait
                }
            };
            // Others may use the place meanwhile.
            drop(turn);
            tokio::time::sleep(wait).await;
        }
    }

    /// One try.
    pub(super) async fn ask(
        &self,
        question: &Question<'_>,
        key: Option<&Secret>,
        shape: Shape,
        listener: &mut dyn Hears,
    ) -> Result<Vec<Reply>, Box<Trouble>> {
        let at_once = |error| Box::new(Trouble::without_remedy(error));
        let Question {
            request,
            choices,
            texts,
        } = *question;
        let options = &self.options;
        let mut body = request::body(
            request,
            choices,
            &options.model,
            &options.sampling,
            &options.extra,
            shape,
        );
        if !texts.is_empty() {
            body.insert("prompt".to_owned(), json!(texts));
        }
        let what = What {
            raw: !request.prompt.is_chat(),
            several: choices > 1,
            form: form_of(&body),
        };
        let url = match what.raw {
            true => options.address.completions(),
            false => options.address.chat(),
        };
        let sent = self
            .client
            .post(url)
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
            return Err(Box::new(self.complaint_of(response, key, what).await));
        }
        let limits = ReadingLimits {
            idle: options.limits.idle,
            after_finish: options.limits.after_finish,
            bytes: options.limits.bytes.saturating_mul(texts.len().max(1)),
        };
        let draft = Draft::new(choices * texts.len().max(1), what.raw);
        let unread = match read_answer(response, limits, &options.model, draft, listener).await {
            Ok(replies) => return Ok(replies),
            Err(unread) => unread,
        };
        Err(Box::new(self.judge_unread(unread, key, what)))
    }

    pub(super) async fn complaint_of(&self, response: Response, key: Option<&Secret>, what: What) -> Trouble {
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
        self.judged(Complaint::from_body(status.as_u16(), &body), key, what, wait)
    }

    fn judged(&self, mut complaint: Complaint, key: Option<&Secret>, what: What, wait: Option<Duration>) -> Trouble {
        complaint.message = scrubbed(complaint.message, key);
        let source_of_key = self.options.key.source().describe();
        let asked = Asked {
            url: &self.shown,
            model: &self.options.model,
            source_of_key: &source_of_key,
            what,
        };
        judge(&complaint, asked, wait)
    }

    pub(super) fn judge_unread(&self, unread: Unread, key: Option<&Secret>, what: What) -> Trouble {
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
            Unread::Silent(after) => Trouble {
                error: self.timed_out(after),
                remedy: Remedy::Wait {
                    asked: None,
                    everyone: false,
                },
            },
            Unread::Complaint { value, partial } => {
                let trouble = self.judged(Complaint::from_json(200, &value), key, what, None);
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
                if what.raw {
                    return Trouble::without_remedy(TeacherError::NoRawCompletions { url, detail });
                }
                Trouble::without_remedy(TeacherError::WrongAddress { url, detail })
            }
        }
    }

    /// True when the request limits the answer, so that another name for the limit changes something.
    fn has_limit(&self, request: &ChatRequest) -> bool {
        let limit = request.sampling.max_tokens.or(self.options.sampling.max_tokens);
        limit.is_some() && request.prompt.is_chat()
    }

    pub(super) fn no_answer(&self) -> TeacherError {
        TeacherError::Malformed {
            url: self.shown.clone(),
            detail: "it holds no answer".to_owned(),
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

/// Tokens of an answer as counted, else as its length suggests.
pub(super) fn written(reply: &Reply) -> u64 {
    match reply.usage.completion_tokens {
        0 => tokens::estimate(&reply.text) + tokens::estimate(&reply.reasoning),
        counted => counted,
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
