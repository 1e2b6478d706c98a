//! What tokens cost.

use serde::{Deserialize, Serialize};

use super::Usage;

/// The currency where nobody names one.
pub const USUAL_CURRENCY: &str = "USD";

/// What a million tokens cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Price {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
    /// As in `USD`; empty where nothing costs anything.
    pub currency: String,
}

impl Price {
    /// Of models that run on this machine.
    pub fn free() -> Self {
        Price {
            input: 0.0,
            output: 0.0,
            currency: String::new(),
        }
    }

    pub fn is_free(&self) -> bool {
        self.input == 0.0 && self.output == 0.0
    }

    /// What so many tokens cost.
    pub fn cost(&self, usage: Usage) -> f64 {
        (usage.prompt_tokens as f64 * self.input + usage.completion_tokens as f64 * self.output) / 1e6
    }
}

/// A price as it is written in the settings: for a million tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl PriceSettings {
    /// The price, with the currency of the table where it names none.
    ///
    /// # Errors
    /// What is missing or no price, and what to write.
    pub fn price(&self, currency: &str) -> Result<Price, String> {
        let (Some(input), Some(output)) = (self.input, self.output) else {
            return Err("`price` needs both `input` and `output`, for a million tokens each".to_owned());
        };
        if ![input, output].iter().all(|number| (0.0..1e6).contains(number)) {
            return Err("`price` is for a million tokens and not below 0".to_owned());
        }
        Ok(Price {
            input,
            output,
            currency: self.currency.clone().unwrap_or_else(|| currency.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_for_a_million_tokens() {
        let written = PriceSettings {
            input: Some(0.15),
            output: Some(0.6),
            currency: None,
        };
        let price = written.price("EUR").unwrap();
        assert_eq!(price.currency, "EUR");
        let usage = Usage {
            prompt_tokens: 2_000_000,
            completion_tokens: 500_000,
        };
        assert!((price.cost(usage) - 0.6).abs() < 1e-9);
        let half = PriceSettings {
            output: None,
            ..written.clone()
        };
        assert!(half.price("EUR").is_err());
        let negative = PriceSettings {
            input: Some(-1.0),
            ..written
        };
        assert!(negative.price("EUR").is_err());
    }
}
