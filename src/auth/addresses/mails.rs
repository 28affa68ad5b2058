//! What is mailed about addresses. Nothing in these mails was typed by whoever caused them, but for addresses that were shown to
//! be the account's own.

use super::{CODE_DIGITS, CODE_LIFETIME, UNDO_LIFETIME};
use crate::notify::mail::Mail;

/// The code.
pub(super) fn code(to: &str, service: &str, code: &str) -> Mail {
    let minutes = CODE_LIFETIME.as_secs() / 60;
    let (first, last) = code.split_at(CODE_DIGITS / 2);
    Mail::new(to, format!("Your code for {service}"))
        .paragraph(format!("Type this code into the page that is open at {service}. It works once, for {minutes} minutes."))
        .code(format!("{first} {last}"))
        .paragraph("It shows that mail reaches you here. It does not sign anybody in, and nobody who works for us will ask you for it.")
        .footer(format!(
            "Somebody with an account at {service} gave this address as theirs. If that was not you, do nothing: without the \
             code nothing happens. Please pass it on to nobody."
        ))
}

/// Instead of the code, where another account has the address.
pub(super) fn taken(to: &str, service: &str) -> Mail {
    Mail::new(to, format!("Your address at {service}"))
        .paragraph(format!(
            "Somebody tried to add this address to an account at {service}. It belongs to another account already, so nothing \
             has changed."
        ))
        .paragraph(
            "If that was you, you have two accounts: sign in to the other one, or take the address off it there. If it was not \
             you, there is nothing to do. Whoever tried was not told that the address is in use.",
        )
        .footer(format!("You get this because the address is confirmed for an account at {service}."))
}

/// One more address was confirmed.
pub(super) fn added(to: &str, service: &str, address: &str, link: &str) -> Mail {
    about_addresses(
        to,
        service,
        format!("An address was added to your {service} account"),
        format!("Mail about your account now goes to {address} as well."),
        link,
    )
}

/// An address was taken off.
pub(super) fn removed(to: &str, service: &str, address: &str, link: &str) -> Mail {
    about_addresses(
        to,
        service,
        format!("An address was taken off your {service} account"),
        format!("Mail about your account no longer goes to {address}."),
        link,
    )
}

/// Another address is the main one.
pub(super) fn primary_changed(to: &str, service: &str, before: &str, now: &str, link: &str) -> Mail {
    about_addresses(
        to,
        service,
        format!("The main address of your {service} account has changed"),
        format!("It was {before}, and is {now} now."),
        link,
    )
}

/// A change was taken back.
pub(super) fn taken_back(to: &str, service: &str, page: &str) -> Mail {
    Mail::new(to, format!("A change of your {service} addresses was taken back"))
        .paragraph(
            "Somebody opened the link in our mail about that change, and said that it was not them. The addresses are as they \
             were before, and the session that had changed them has ended.",
        )
        .paragraph(
            "If you made that change, sign in, look at your addresses, and make it again. Somebody else may read one of them.",
        )
        .button("Look at your addresses", page)
        .footer(format!("You get this because the address is confirmed for your account at {service}."))
}

fn about_addresses(to: &str, service: &str, subject: String, what: String, link: &str) -> Mail {
    let hours = UNDO_LIFETIME.as_secs() / 3600;
    Mail::new(to, subject)
        .paragraph(what)
        .paragraph("It was done by somebody who was signed in and had touched a passkey of the account.")
        .paragraph("If that was you, there is nothing to do.")
        .paragraph(
            "If it was not you, open this page. It has one button that takes the change back and ends the session that made it. \
             It works without signing in, and opening it changes nothing.",
        )
        .button("See what happened", link)
        .footer(format!(
            "The link works for {hours} hours. You get this because the address is, or was, confirmed for your account at {service}."
        ))
}
