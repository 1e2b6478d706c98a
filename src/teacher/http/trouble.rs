//! Reads what servers say when they do not answer, and decides what to do about it.

use std::time::Duration;

use super::complaint::Complaint;
use super::learnt::Form;
use crate::teacher::TeacherError;

/// What to do after a try that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    GiveUp,
    /// Ask again after a wait; `everyone` holds back the other requests too.
    Wait {
        asked: Option<Duration>,
        everyone: bool,
    },
    /// As `Wait`, but nobody answered at all.
    Reconnect,
    /// Ask again at once, in a shape that this server takes.
    Reshape(Reshape),
    /// The model or the address is wrong: the list of models tells which.
    LookUpModels,
    /// The key was refused: fetch it anew if it comes from a command.
    RenewKey,
}

/// A part of the request that some servers reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reshape {
    /// Leave out `stream_options`.
    WithoutUsage,
    /// Say `max_completion_tokens` for `max_tokens`.
    NewTokenLimit,
    /// Ask for each of several answers by itself.
    OneByOne,
    /// Leave out what holds the answer to this form.
    WithoutForm(Form),
}

/// A try that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub error: TeacherError,
    pub remedy: Remedy,
}

impl Trouble {
    pub fn without_remedy(error: TeacherError) -> Self {
        Trouble {
            error,
            remedy: Remedy::GiveUp,
        }
    }
}

/// What a complaint is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub url: &'a str,
    pub model: &'a str,
    pub source_of_key: &'a str,
    pub what: What,
}

/// What was asked for beyond a plain conversation.
#[derive(Debug, Clone, Copy, Default)]
pub struct What {
    /// The continuation of a raw text.
    pub raw: bool,
    /// Several answers in one call.
    pub several: bool,
    /// The form that the answer was held to.
    pub form: Option<Form>,
}

/// Decides what a complaint means. `asked_wait` is the server's Retry-After.
pub fn judge(complaint: &Complaint, asked: Asked<'_>, asked_wait: Option<Duration>) -> Trouble {
    let (url, status, detail) = (asked.url.to_owned(), complaint.status, complaint.message.clone());
    let refused = || TeacherError::Refused {
        url: url.clone(),
        status,
        detail: detail.clone(),
    };
    let busy = || TeacherError::Busy {
        url: url.clone(),
        status,
        tries: 1,
        asked: asked_wait,
    };
    if complaint.is_about_context() {
        return Trouble::without_remedy(TeacherError::ContextTooLong {
            model: asked.model.to_owned(),
            detail,
        });
    }
    if asked.what.raw && complaint.is_about_endpoint() {
        return Trouble::without_remedy(TeacherError::NoRawCompletions { url, detail });
    }
    if asked.what.several && complaint.is_about_choices() {
        return Trouble {
            error: refused(),
            remedy: Remedy::Reshape(Reshape::OneByOne),
        };
    }
    if let Some(form) = asked.what.form
        && complaint.is_about_form()
    {
        return Trouble {
            error: refused(),
            remedy: Remedy::Reshape(Reshape::WithoutForm(form)),
        };
    }
    let (error, remedy) = match status {
        400 | 422 if complaint.mentions(&["stream_options", "include_usage"]) => {
            (refused(), Remedy::Reshape(Reshape::WithoutUsage))
        }
        400 | 422 if complaint.mentions(&["max_completion_tokens"]) => {
            (refused(), Remedy::Reshape(Reshape::NewTokenLimit))
        }
        402 => (TeacherError::NoCredit { url, detail }, Remedy::GiveUp),
        400..=429 if complaint.is_about_money() => (TeacherError::NoCredit { url, detail }, Remedy::GiveUp),
        400 | 403 | 422 if complaint.is_about_model() => (refused(), Remedy::LookUpModels),
        404 => (refused(), Remedy::LookUpModels),
        405 => (
            TeacherError::WrongAddress {
                url,
                detail: format!("{detail} (405)"),
            },
            Remedy::GiveUp,
        ),
        401 | 403 => {
            let source_of_key = asked.source_of_key.to_owned();
            (
                TeacherError::WrongKey {
                    url,
                    status,
                    source_of_key,
                },
                Remedy::RenewKey,
            )
        }
        429 | 503 | 529 => (
            busy(),
            Remedy::Wait {
                asked: asked_wait,
                everyone: true,
            },
        ),
        408 | 409 => (
            busy(),
            Remedy::Wait {
                asked: asked_wait,
                everyone: false,
            },
        ),
        501 | 505 => (refused(), Remedy::GiveUp),
        500.. => (
            TeacherError::Failed {
                url,
                status,
                tries: 1,
                detail,
            },
            Remedy::Wait {
                asked: asked_wait,
                everyone: false,
            },
        ),
        _ => (refused(), Remedy::GiveUp),
    };
    Trouble { error, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        url: "http://h/v1",
        model: "m",
        source_of_key: "the environment variable K",
        what: What {
            raw: false,
            several: false,
            form: None,
        },
    };

    fn judged(status: u16, body: &str) -> Trouble {
        judge(&Complaint::from_body(status, body.as_bytes()), ASKED, None)
    }

    #[test]
    fn context_too_long_as_servers_say_it() {
        for (status, body) in [
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}"#,
            ),
            (
                400,
                r#"{"error":{"message":"The decoder prompt (length 5000) is longer than the maximum model length of 4096.","type":"BadRequestError","code":400}}"#,
            ),
            (
                400,
                r#"{"object":"error","message":"max_tokens must be at least 1, got -186.","code":400}"#,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_ctx":4096}}"#,
            ),
            (
                500,
                r#"{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}"#,
            ),
            (
                400,
                r#"{"error":{"message":"Requested tokens (2285) exceed context window of 2048"}}"#,
            ),
            (
                400,
                r#"{"error":"Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens"}"#,
            ),
            (
                500,
                r#"{"error":{"message":"prompt too long; exceeded max context length by 12 tokens","type":"api_error"}}"#,
            ),
            (
                422,
                r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096","error_type":"validation"}"#,
            ),
        ] {
            let trouble = judged(status, body);
            assert!(
                matches!(trouble.error, TeacherError::ContextTooLong { .. }),
                "{body}: {trouble:?}"
            );
            assert_eq!(trouble.remedy, Remedy::GiveUp);
        }
    }

    #[test]
    fn refusals_of_what_not_every_server_has() {
        let asked = Asked {
            what: What {
                raw: false,
                several: true,
                form: Some(Form::Schema),
            },
            ..ASKED
        };
        let remedy =
            |asked, status, body: &str| judge(&Complaint::from_body(status, body.as_bytes()), asked, None).remedy;
        for (status, body, reshape) in [
            (
                400,
                r#"{"error":{"message":"'n' : number must be at most 1","type":"invalid_request_error"}}"#,
                Some(Reshape::OneByOne),
            ),
            (
                500,
                r#"{"error":{"message":"Only one completion choice is allowed"}}"#,
                Some(Reshape::OneByOne),
            ),
            (
                422,
                r#"{"detail":[{"loc":["body","n"],"msg":"Extra inputs are not permitted"}]}"#,
                Some(Reshape::OneByOne),
            ),
            (
                400,
                r#"{"error":{"message":"n must be 1 when using greedy sampling, got 4."}}"#,
                Some(Reshape::OneByOne),
            ),
            (
                400,
                r#"{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error"}}"#,
                Some(Reshape::WithoutForm(Form::Schema)),
            ),
            (
                400,
                r#"{"error":"'response_format.type' must be 'json_schema' or 'text'"}"#,
                Some(Reshape::WithoutForm(Form::Schema)),
            ),
            (
                400,
                r#"{"error":{"message":"temperature is too high\n\nsee above"}}"#,
                None,
            ),
        ] {
            let wanted = reshape.map_or(Remedy::GiveUp, Remedy::Reshape);
            assert_eq!(remedy(asked, status, body), wanted, "{body}");
            assert!(
                !matches!(remedy(ASKED, status, body), Remedy::Reshape(_)),
                "{body}: it was not asked for"
            );
        }
        let raw = Asked {
            what: What {
                raw: true,
                ..What::default()
            },
            ..ASKED
        };
        for (status, body) in [
            (404, "404 page not found"),
            (405, ""),
            (
                404,
                r#"{"error":{"message":"This is a chat model and not supported in the v1/completions endpoint.","param":"model"}}"#,
            ),
        ] {
            let trouble = judge(&Complaint::from_body(status, body.as_bytes()), raw, None);
            assert!(
                matches!(trouble.error, TeacherError::NoRawCompletions { .. }),
                "{body}: {trouble:?}"
            );
        }
        let missing = r#"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","code":404}}"#;
        assert_eq!(remedy(raw, 404, missing), Remedy::LookUpModels);
    }

    #[test]
    fn what_each_complaint_leads_to() {
        let wait = |everyone| Remedy::Wait { asked: None, everyone };
        for (status, body, remedy) in [
            (
                400,
                r#"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#,
                Remedy::Reshape(Reshape::WithoutUsage),
            ),
            (
                422,
                r#"{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}"#,
                Remedy::Reshape(Reshape::WithoutUsage),
            ),
            (
                400,
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' ... Use 'max_completion_tokens' instead."}}"#,
                Remedy::Reshape(Reshape::NewTokenLimit),
            ),
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided"}}"#,
                Remedy::RenewKey,
            ),
            (403, "", Remedy::RenewKey),
            (
                403,
                r#"{"error":{"message":"Project does not have access to model","code":"model_not_found"}}"#,
                Remedy::LookUpModels,
            ),
            (
                400,
                r#"{"error":{"message":"qwen is not a valid model ID","code":400}}"#,
                Remedy::LookUpModels,
            ),
            (
                404,
                r#"{"error":{"message":"model 'x' not found","type":"api_error"}}"#,
                Remedy::LookUpModels,
            ),
            (404, "404 page not found", Remedy::LookUpModels),
            (429, "slow down", wait(true)),
            (
                429,
                r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#,
                Remedy::GiveUp,
            ),
            (402, "{}", Remedy::GiveUp),
            (
                400,
                r#"{"error":{"message":"Your credit balance is too low to access the API"}}"#,
                Remedy::GiveUp,
            ),
            (
                429,
                r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota"}}"#,
                wait(true),
            ),
            (409, "", wait(false)),
            (408, "", wait(false)),
            (
                503,
                r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
                wait(true),
            ),
            (500, "boom", wait(false)),
            (
                502,
                "<html><head><title>502 Bad Gateway</title></head></html>",
                wait(false),
            ),
            (501, "", Remedy::GiveUp),
            (418, "teapot", Remedy::GiveUp),
        ] {
            assert_eq!(judged(status, body).remedy, remedy, "{status} {body}");
        }
        let page = judged(502, "<!DOCTYPE html><title>Bad\nGateway</title>")
            .error
            .to_string();
        assert!(page.contains("Bad Gateway") && page.contains("502"), "{page}");
        assert!(judged(500, "").error.to_string().contains("no reason was given"));
    }
}
