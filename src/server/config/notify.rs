//! `[mail]` and `[webhook]`: where notices go.

use std::path::PathBuf;

use super::source::{ConfigError, Source};
use crate::notify::mail::{self, Sender};
use crate::notify::{Settings, Via};
use crate::store;

/// `host` is the one that people type, `name` what the service calls itself.
pub(super) fn settings(
    source: &Source,
    host: &str,
    name: &str,
    database: &store::Settings,
) -> Result<Settings, ConfigError> {
    let via = match source.optional("mail.smtp-url") {
        Some(_) => Via::Smtp(source.parse_with(
            "mail.smtp-url",
            "a mail server such as smtps://user:password@mail.example.com",
            mail::smtp::Server::parse,
        )?),
        None => Via::Folder(source.optional("mail.folder").map_or_else(|| folder(database), PathBuf::from)),
    };
    let from = match source.optional("mail.from") {
        Some(_) => {
            source.parse_with("mail.from", "a sender such as Holdfast <login@example.com>", Sender::parse)?
        }
        None => Sender::named(name, &format!("holdfast@{host}"))
            .ok_or_else(|| ConfigError::new("mail.from (HOLDFAST_MAIL_FROM) must be set".to_owned()))?,
    };
    let operator = match source.optional("mail.operator") {
        Some(_) => Some(source.parse_with("mail.operator", "an address", Settings::parse_address)?),
        None => None,
    };
    let webhook = match source.optional("webhook.url") {
        Some(_) => Some(source.parse_with(
            "webhook.url",
            "an https URL, or an http one on this machine",
            Settings::parse_webhook,
        )?),
        None => None,
    };
    let signals = source.switch("webhook.caep")?;
    Ok(Settings { via, from, operator, webhook, signals, patience: Settings::PATIENCE })
}

/// Beside the database.
fn folder(database: &store::Settings) -> PathBuf {
    match database.file() {
        Some(mut path) => {
            path.as_mut_os_string().push(".mail");
            path
        }
        None => PathBuf::from("holdfast.mail"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn settings(env: &[(&str, &str)]) -> Result<Settings, String> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse("test", "", env).map(|config| config.notify).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_mail_server_mails_lie_beside_the_database() {
        for (env, expected) in [
            (&[][..], "holdfast.db.mail"),
            (&[("HOLDFAST_DATABASE_URL", "sqlite:///var/my%20db?mode=rwc")], "/var/my db.mail"),
            (&[("HOLDFAST_DATABASE_URL", "postgres://h/d")], "holdfast.mail"),
            (&[("HOLDFAST_MAIL_FOLDER", "/var/mails")], "/var/mails"),
        ] {
            let settings = settings(env).expect("settings");
            assert!(matches!(settings.via, Via::Folder(path) if path.as_os_str() == expected), "{expected}");
            assert_eq!(settings.from.domain(), "localhost");
        }
    }

    #[test]
    fn a_secret_in_a_url_is_not_repeated_and_a_mistake_is_named() {
        for (name, value) in [
            ("HOLDFAST_SMTP_URL", "smtpx://user:hunter2@mail.example.com"),
            ("HOLDFAST_WEBHOOK_URL", "http://hooks.example.com/hunter2"),
            ("HOLDFAST_MAIL_FROM", "nobody"),
            ("HOLDFAST_OPERATOR_MAIL", "a@b.test, c@d.test"),
        ] {
            let error = settings(&[(name, value)]).expect_err(name);
            assert!(error.contains(name) && !error.contains("hunter2") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn the_sender_is_named_after_the_service_and_its_host() {
        let origin = ("HOLDFAST_ORIGIN", "https://login.example.com");
        let secrets = ("HOLDFAST_SECRETS", "x");
        let named = |name| settings(&[origin, secrets, ("HOLDFAST_NAME", name)]).expect("settings").from;
        assert_eq!(
            named("Acme, Inc."),
            Sender::parse("\"Acme, Inc.\" <holdfast@login.example.com>").expect("sender")
        );
        assert_eq!(
            named("A\r\nBcc: x"),
            Sender::parse("\"A Bcc: x\" <holdfast@login.example.com>").expect("sender")
        );
    }
}
