//! Where a server is: the forms in which people write its address, and whether prompts leave the machine.

use std::net::IpAddr;

use reqwest::Url;

/// The base address of an OpenAI-compatible server, as in `http://127.0.0.1:8000/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: Url,
}

impl Address {
    /// Reads an address as people write it.
    ///
    /// `/v1` is added where there is no path; a slash at the end, `/chat/completions` and `/completions` are taken off; `http://` may be left
    /// out for this machine. A query (as some gateways want) is kept and sent, but never shown.
    ///
    /// # Errors
    /// What is wrong and what to write instead, without repeating the address (it may hold a password).
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("`url` is empty; write the server's address, as in http://127.0.0.1:8000/v1".to_owned());
        }
        let mut base = match text.split_once("://") {
            Some(_) => Url::parse(text).map_err(|error| format!("`url` is not an address ({error})"))?,
            None => Url::parse(&format!("http://{text}"))
                .ok()
                .filter(is_loopback)
                .ok_or("`url` must begin with http:// or https://")?,
        };
        if !matches!(base.scheme(), "http" | "https") {
            return Err(format!(
                "`url` begins with {}://; only http:// and https:// are spoken",
                base.scheme()
            ));
        }
        if base.host_str().is_none_or(str::is_empty) {
            return Err("`url` names no host; write it as in http://127.0.0.1:8000/v1".to_owned());
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(
                "`url` holds a user name or password; take it out and use `key_env` or `key_command`".to_owned(),
            );
        }
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/');
        let path = path
            .strip_suffix("/chat/completions")
            .or_else(|| path.strip_suffix("/completions"))
            .unwrap_or(path)
            .trim_end_matches('/');
        let path = if path.is_empty() { "/v1" } else { path }.to_owned();
        base.set_path(&path);
        Ok(Address { base })
    }

    /// The address without its query, for people.
    pub fn shown(&self) -> String {
        let mut shown = self.base.clone();
        shown.set_query(None);
        shown.into()
    }

    pub fn chat(&self) -> Url {
        self.below("chat/completions")
    }

    /// Where raw texts are continued.
    pub fn completions(&self) -> Url {
        self.below("completions")
    }

    pub fn models(&self) -> Url {
        self.below("models")
    }

    /// True for an address that leads back to this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// True for OpenAI's own service.
    pub fn is_openai(&self) -> bool {
        self.base.host_str().is_some_and(|host| host == "api.openai.com")
    }

    pub fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    fn below(&self, rest: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{rest}", self.base.path().trim_end_matches('/')));
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    match host.parse::<IpAddr>() {
        // 0.0.0.0 and :: are what servers print when they listen everywhere; connecting to them stays here.
        Ok(ip) => ip.to_canonical().is_loopback() || ip.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_people_write() {
        for (written, chat) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/chat/completions"),
            ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1/chat/completions"),
            ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/chat/completions"),
            ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1/chat/completions"),
            (
                " http://127.0.0.1:8000/v1/chat/completions/ ",
                "http://127.0.0.1:8000/v1/chat/completions",
            ),
            ("localhost:11434", "http://localhost:11434/v1/chat/completions"),
            (
                "https://example.org/api/openai",
                "https://example.org/api/openai/chat/completions",
            ),
            (
                "https://example.org/d/x?api-version=1",
                "https://example.org/d/x/chat/completions?api-version=1",
            ),
        ] {
            assert_eq!(Address::parse(written).unwrap().chat().as_str(), chat, "{written}");
        }
    }

    #[test]
    fn what_is_refused() {
        for written in [
            "",
            "example.org/v1",
            "ftp://example.org",
            "https://me:sk-1@example.org/v1",
            "http://",
            "not a url",
        ] {
            let said = Address::parse(written).unwrap_err();
            assert!(said.contains("url") && !said.contains("sk-1"), "{written}: {said}");
        }
    }

    #[test]
    fn what_stays_on_this_machine() {
        for (written, here) in [
            ("http://127.0.0.1:1", true),
            ("http://127.8.9.1:1", true),
            ("http://[::1]:1", true),
            ("http://0.0.0.0:1", true),
            ("http://LOCALHOST:1", true),
            ("http://a.localhost", true),
            ("http://192.168.1.5:8000", false),
            ("https://localhost.example.org", false),
            ("https://api.example.org/v1", false),
        ] {
            assert_eq!(Address::parse(written).unwrap().is_loopback(), here, "{written}");
        }
        assert_eq!(Address::parse("https://h/v1?key=sk-1").unwrap().shown(), "https://h/v1");
    }
}
