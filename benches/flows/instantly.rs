//! A teacher within the process.

use seedbed::teacher::{Answering, ChatRequest, Finish, OnText, Reply, Teacher, Usage};
use tokio_util::sync::CancellationToken;

/// Answers at once, in this process.
pub struct Instantly(pub fn(&ChatRequest) -> String);

impl Teacher for Instantly {
    fn name(&self) -> &str {
        "instantly"
    }
    fn model(&self) -> &str {
        "instantly-1"
    }
    fn slots(&self) -> usize {
        64
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, request: ChatRequest, _: OnText, _: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            Ok(Reply {
                text: (self.0)(&request),
                reasoning: String::new(),
                finish: Finish::Stop,
                usage: Usage {
                    prompt_tokens: 100,
                    completion_tokens: 50,
                },
                model: "instantly-1".to_owned(),
            })
        })
    }
}
