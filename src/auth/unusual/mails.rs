//! What these mails say. Everything in them is in our words: families of browsers, countries, networks, times.

use super::super::links::{About, LINK_LIFETIME, LinkKind, day_and_time};
use super::super::session::EndReason;
use super::Unusual;
use crate::clock::Timestamp;
use crate::notify::mail::Mail;

/// A sign-in that is not like the person.
pub(super) fn sign_in(
    to: &str,
    service: &str,
    about: &About,
    why: &[Unusual],
    link: &str,
    credit: Option<&str>,
) -> Mail {
    let why: Vec<&str> = why.iter().map(|why| why.sentence()).collect();
    with_link(
        Mail::new(to, format!("New sign-in to your {service} account"))
            .paragraph(format!("Somebody signed in to your {service} account with one of your passkeys."))
            .paragraph(facts(about))
            .paragraph(format!("Why we write: {}", lower_first(&why.join(" ")))),
        service,
        link,
        credit,
    )
}

/// One more passkey or API key, or a passkey removed or renamed.
pub(super) fn key_changed(
    to: &str,
    service: &str,
    kind: LinkKind,
    about: &About,
    link: &str,
    credit: Option<&str>,
) -> Mail {
    let touched = "Whoever did it had touched a passkey of the account.";
    let (subject, what, how) = match kind {
        LinkKind::ApiKey => (
            format!("An API key was made for your {service} account"),
            format!("There is one more API key now, with which a program can act for you at {service}."),
            touched,
        ),
        LinkKind::PasskeyRemoved => (
            format!("A passkey was removed from your {service} account"),
            format!(
                "One of your passkeys no longer opens your {service} account. The sessions that it had opened ended with it."
            ),
            touched,
        ),
        LinkKind::PasskeyRenamed => (
            format!("A passkey of your {service} account has a new name"),
            "One of your passkeys is called something else now. What it opens has not changed.".to_owned(),
            "That takes a session of yours, but no touch.",
        ),
        _ => (
            format!("A passkey was added to your {service} account"),
            format!("There is one more passkey now that opens your {service} account."),
            touched,
        ),
    };
    with_link(Mail::new(to, subject).paragraph(what).paragraph(facts(about)).paragraph(how), service, link, credit)
}

fn with_link(mail: Mail, service: &str, link: &str, credit: Option<&str>) -> Mail {
    let days = LINK_LIFETIME.as_secs() / 86_400;
    mail.paragraph("If that was you, there is nothing to do.")
        .paragraph(
            "If it was not you, open this page. It shows what happened, and has one button that ends that session. It works \
             without signing in, and opening it changes nothing.",
        )
        .button("See what happened", link)
        .footer(footer(&format!("The link works for {days} days."), service, credit))
}

/// A session that was ended to protect the person.
pub(super) fn session_ended(
    to: &str,
    service: &str,
    reason: EndReason,
    about: &About,
    page: &str,
    credit: Option<&str>,
) -> Mail {
    let what = match reason {
        EndReason::Split => "A session of yours was used in two browsers on two networks at once.",
        EndReason::BindingViolated => {
            "Another device tried to go on with a session of yours, and could not show the key that it is locked to."
        }
        _ => "Somebody used an old copy of a session of yours.",
    };
    Mail::new(to, format!("We ended a session of your {service} account"))
        .paragraph(format!("{what} We cannot tell which of you was you, so we ended it. It can do nothing any more."))
        .paragraph(format!("This is where the last of it came from.\n{}", facts(about)))
        .paragraph(
            "Your passkeys are safe: nothing of them was in that session. Sign in again, and look at your activity. It begins \
             with what to do.",
        )
        .button("Look at your activity", page)
        .footer(footer("", service, credit))
}

/// When, with what and from where.
pub(in crate::auth) fn facts(about: &About) -> String {
    let About { at, device, country, network } = about;
    let mut lines = vec![format!("When: {}", day_and_time(Timestamp(*at)))];
    lines.push(format!("With: {device}"));
    lines.extend(country.as_ref().map(|country| format!("Country: {country}")));
    lines.extend(network.as_ref().map(|network| format!("Network: {network}")));
    lines.join("\n")
}

fn footer(first: &str, service: &str, credit: Option<&str>) -> String {
    let why = format!("You get this because the address is confirmed for your account at {service}.");
    let credit = credit.map(|credit| format!("The country is looked up in data of others: {credit}."));
    let parts = [Some(first.to_owned()), Some(why), credit];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
