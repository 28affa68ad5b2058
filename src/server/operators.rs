//! `holdfast admin …`: who the operators are.

use super::commands::{CommandError, open_trail};
use super::config::Config;
use crate::admin::Roles;
use crate::auth::Account;
use crate::clock::Timestamp;

/// Make the person with this id or address an operator, and say whom.
pub async fn grant_operator(config: &Config, user: &str) -> Result<Vec<String>, CommandError> {
    let trail = open_trail(config).await?;
    let roles = Roles::new(trail.clone());
    let (account, created_at) = one(&roles, user).await?;
    let granted = roles.grant(account.id, &whoever()).await?;
    trail.store().close().await?;
    let mut lines = vec![line(&account, created_at)];
    lines.push(
        if granted { "is an operator now: /admin, once they are signed in" } else { "was an operator already" }
            .into(),
    );
    if granted && !account.email_verified {
        lines.push(
            "Anybody can claim an address. See that this id is theirs: `holdfast admin revoke` takes the role back"
                .to_owned(),
        );
    }
    Ok(lines)
}

/// Take the role from the person with this id or address.
pub async fn revoke_operator(config: &Config, user: &str) -> Result<Vec<String>, CommandError> {
    let trail = open_trail(config).await?;
    let roles = Roles::new(trail.clone());
    let (account, created_at) = one(&roles, user).await?;
    let revoked = roles.revoke(account.id).await?;
    trail.store().close().await?;
    let said = if revoked { "is no operator any more" } else { "was no operator" };
    Ok(vec![line(&account, created_at), said.to_owned()])
}

/// A line for each operator.
pub async fn list_operators(config: &Config) -> Result<Vec<String>, CommandError> {
    let trail = open_trail(config).await?;
    let holders = Roles::new(trail.clone()).list().await?;
    trail.store().close().await?;
    let mut lines: Vec<String> = holders
        .into_iter()
        .map(|holder| {
            let (at, by) = (holder.granted_at.to_rfc3339(), holder.granted_by);
            format!("{}  {}  since {at}, granted by {by}", holder.account.id, holder.account.email)
        })
        .collect();
    if lines.is_empty() {
        lines.push("nobody is an operator".to_owned());
    }
    Ok(lines)
}

/// The one who is meant. Where several claim an address, it takes an id.
async fn one(roles: &Roles, user: &str) -> Result<(Account, Timestamp), CommandError> {
    let mut meant = roles.meant(user).await?;
    match meant.len() {
        0 => Err(format!("nobody has the id or address {user:?}").into()),
        1 => Ok(meant.remove(0)),
        many => {
            let each: Vec<String> = meant.iter().map(|(account, created_at)| line(account, *created_at)).collect();
            let each = each.join("\n  ");
            Err(format!("{many} accounts claim that address; name one by its id:\n  {each}\nNothing was changed")
                .into())
        }
    }
}

fn line(account: &Account, created_at: Timestamp) -> String {
    let verified = if account.email_verified { "verified" } else { "not verified" };
    format!("{}  {} ({verified})  created {}", account.id, account.email, created_at.to_rfc3339())
}

/// Who types this, as the machine calls them.
fn whoever() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "the command line".to_owned())
}
