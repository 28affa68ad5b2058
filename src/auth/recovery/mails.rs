//! What is mailed about recovery. Plain words: what happens when, what to do now, and how to stop it. Nothing in these mails was typed
//! by whoever caused them.

use super::super::addresses::{CODE_DIGITS, CODE_LIFETIME};
use super::super::links::{About, day_and_time};
use super::super::unusual::facts;
use super::notices::left;
use crate::clock::Timestamp;
use crate::notify::mail::Mail;
use crate::recovery::{Notice, Wait};

/// The code.
pub(super) fn code(to: &str, service: &str, code: &str) -> Mail {
    Mail::new(to, format!("Your recovery code for {service}"))
        .paragraph(format!(
            "Somebody is trying to get back into your {service} account, and gave this address. If that is you, type this code \
             into the page that is open. It works once, for {} minutes.",
            CODE_LIFETIME.as_secs() / 60
        ))
        .code(grouped(code))
        .paragraph(
            "The code alone opens nothing: one of the recovery codes that you have saved is needed too, and then there is a wait. \
             Nobody who works for us will ask you for either.",
        )
        .footer(format!(
            "If that was not you, do nothing: without the code nothing happens. You get this because the address is confirmed for \
             your account at {service}."
        ))
}

/// Instead of the code: there is nothing to recover with.
pub(super) fn no_codes(to: &str, service: &str) -> Mail {
    Mail::new(to, format!("About getting back into {service}"))
        .paragraph(format!(
            "Somebody asked to get back into your {service} account. It has no recovery codes, so it can only be opened with one of \
             its passkeys. Nothing has changed."
        ))
        .paragraph(
            "If that was you, look for another device that has your passkey: passkeys that are synced come back when you sign in to \
             the provider that keeps them. Once you are in, make recovery codes and save them.",
        )
        .footer(reason(service))
}

/// Instead of the code: one was stopped lately.
pub(super) fn blocked(to: &str, service: &str, until: Timestamp) -> Mail {
    Mail::new(to, format!("About getting back into {service}"))
        .paragraph(format!(
            "Somebody asked to get back into your {service} account. A recovery was stopped a short while ago, so a new one cannot \
             be begun before {}. Nothing has changed.",
            day_and_time(until)
        ))
        .paragraph("If you have your passkey, just sign in.")
        .footer(reason(service))
}

/// The wait: at its beginning, at half time, shortly before its end, and when it is over.
pub(super) fn waiting(
    to: &str,
    service: &str,
    notice: Notice,
    (wait, now): (&Wait, Timestamp),
    about: &About,
    link: &str,
) -> Mail {
    let subject = match notice {
        Notice::Begun => format!("Somebody is recovering your {service} account"),
        Notice::HalfTime | Notice::Soon => {
            format!("{} left: your {service} account is being recovered", left(wait, now))
        }
        Notice::Ready => format!("Your {service} account can be recovered now"),
    };
    let what = match notice {
        Notice::Ready => format!(
            "The wait is over. Until {} whoever began this can make a new passkey, and all passkeys and sessions of before end.",
            day_and_time(wait.until)
        ),
        _ => format!(
            "They have shown a code that we mailed and a recovery code that was saved. In {}, on {}, they can make a new passkey, \
             and all passkeys and sessions of before end.",
            left(wait, now),
            day_and_time(wait.due)
        ),
    };
    Mail::new(to, subject)
        .paragraph(what)
        .paragraph(format!("This is where it was begun.\n{}", facts(about)))
        .paragraph("If that is you, there is nothing to do but wait. Come back in the same browser when the time is over.")
        .paragraph(
            "If it is not you, stop it now: open this page and press its button. It works without signing in, and opening the page \
             changes nothing. Signing in with your passkey stops it, too.",
        )
        .button("Stop this", link)
        .footer(reason(service))
}

/// It was stopped.
pub(super) fn stopped(to: &str, service: &str, why: &str, until: Timestamp, about: &About) -> Mail {
    let how = match why {
        "assertion" => "because somebody used one of your passkeys: whoever has a passkey needs no recovery",
        "session" => "from a browser that is signed in to your account",
        "link" => "with the link in one of our mails",
        "restore" => "because a passkey of yours was brought back",
        _ => "in the browser that had begun it",
    };
    Mail::new(to, format!("The recovery of your {service} account was stopped"))
        .paragraph(format!("It was stopped {how}. Nothing of your account has changed."))
        .paragraph(facts(about))
        .paragraph(format!(
            "A new one cannot be begun before {}. The code that was used for it is used up.",
            day_and_time(until)
        ))
        .footer(reason(service))
}

/// It was completed.
pub(super) fn completed(
    to: &str,
    service: &str,
    about: &About,
    (held, restorable): (Timestamp, Timestamp),
    page: &str,
) -> Mail {
    Mail::new(to, format!("Your {service} account was recovered"))
        .paragraph("A new passkey opens your account. The passkeys of before are suspended, all sessions have ended, and the recovery codes work no more.")
        .paragraph(facts(about))
        .paragraph(format!(
            "Until {} nobody can add passkeys or API keys, change addresses or payout details, or download or delete the account.",
            day_and_time(held)
        ))
        .paragraph(format!(
            "If that was not you, and you still have one of your passkeys: bring it back before {}. That takes the passkey and a \
             code by mail, ends all sessions, and works without signing in.",
            day_and_time(restorable)
        ))
        .button("Bring my passkey back", page)
        .footer(reason(service))
}

/// The code that brings a suspended passkey back.
pub(super) fn restore_code(to: &str, service: &str, code: &str) -> Mail {
    Mail::new(to, format!("Your code to bring a passkey back at {service}"))
        .paragraph(format!(
            "Somebody touched a passkey of your {service} account that a recovery had suspended. If that was you, type this code \
             into the page that is open. It works once, for {} minutes.",
            CODE_LIFETIME.as_secs() / 60
        ))
        .code(grouped(code))
        .footer(format!("If that was not you, do nothing. {}", reason(service)))
}

/// A suspended passkey is back.
pub(super) fn restored(to: &str, service: &str, about: &About, held: Timestamp, page: &str) -> Mail {
    Mail::new(to, format!("A passkey of your {service} account is back"))
        .paragraph("A passkey that a recovery had suspended opens your account again. All sessions have ended.")
        .paragraph(facts(about))
        .paragraph(format!(
            "Sign in with it, and remove the passkeys that are not yours. Until {} nothing of weight can be changed by anybody.",
            day_and_time(held)
        ))
        .button("Look at your passkeys", page)
        .footer(reason(service))
}

/// New recovery codes were made.
pub(super) fn codes_made(to: &str, service: &str, about: &About, page: &str) -> Mail {
    Mail::new(to, format!("New recovery codes for your {service} account"))
        .paragraph("New recovery codes were made. All codes of before work no more.")
        .paragraph(facts(about))
        .paragraph("If that was you, there is nothing to do. If it was not, sign in, end the session that did it, and make new codes yourself.")
        .button("Look at your recovery page", page)
        .footer(reason(service))
}

fn grouped(code: &str) -> String {
    let (first, last) = code.split_at(CODE_DIGITS / 2);
    format!("{first} {last}")
}

fn reason(service: &str) -> String {
    format!("You get this because the address is confirmed for your account at {service}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_has_one_link_at_most_and_says_how_long() {
        let about = About { at: 0, device: "Chrome on Linux".to_owned(), country: None, network: None };
        let wait = Wait {
            tier: crate::recovery::Tier::NewDevice,
            since: Timestamp(0),
            due: Timestamp(86_400_000),
            until: Timestamp(8 * 86_400_000),
        };
        for notice in Notice::ALL {
            let mail =
                waiting("a@b.test", "Holdfast", notice, (&wait, notice.at(&wait)), &about, "https://x.test/l");
            assert_eq!(format!("{mail:?}").matches("https://").count(), 1, "{notice:?}");
        }
        assert_eq!(left(&wait, wait.since), "24 hours");
    }
}
