//! People, their passkeys, pending ceremonies, sessions.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("email").string_len(254).not_null())
                    .col(ColumnDef::new("email_verified_at").big_integer())
                    .col(ColumnDef::new("display_name").string_len(256))
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        // An address is a claim until it is verified, and only a verified one belongs to one account.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX users_verified_email ON users (email) WHERE email_verified_at IS NOT NULL",
            )
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("credentials")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("credential_id").binary().not_null().unique_key())
                    .col(ColumnDef::new("user_id").uuid().not_null())
                    .col(ColumnDef::new("passkey").text().not_null())
                    .col(ColumnDef::new("label").string_len(256).not_null())
                    .col(ColumnDef::new("aaguid").uuid().not_null())
                    .col(ColumnDef::new("transports").string_len(128).not_null())
                    .col(ColumnDef::new("backup_eligible").boolean().not_null())
                    .col(ColumnDef::new("backup_state").boolean().not_null())
                    .col(ColumnDef::new("sign_count").big_integer().not_null())
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .col(ColumnDef::new("last_used_at").big_integer())
                    .foreign_key(
                        ForeignKey::create()
                            .from("credentials", "user_id")
                            .to("users", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        index(manager, "credentials_user", "credentials", &["user_id"]).await?;

        manager
            .create_table(
                Table::create()
                    .table("ceremonies")
                    .col(ColumnDef::new("challenge").binary().not_null().primary_key())
                    .col(ColumnDef::new("browser").binary().not_null())
                    .col(ColumnDef::new("kind").string_len(32).not_null())
                    .col(ColumnDef::new("payload").text().not_null())
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .col(ColumnDef::new("expires_at").big_integer().not_null())
                    .col(ColumnDef::new("consumed_at").big_integer())
                    .to_owned(),
            )
            .await?;
        index(manager, "ceremonies_browser", "ceremonies", &["browser", "created_at"]).await?;
        index(manager, "ceremonies_expiry", "ceremonies", &["expires_at"]).await?;

        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("user_id").uuid().not_null())
                    .col(ColumnDef::new("credential_id").uuid())
                    .col(ColumnDef::new("token_hash").binary().not_null().unique_key())
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .col(ColumnDef::new("expires_at").big_integer().not_null())
                    .col(ColumnDef::new("last_seen_at").big_integer().not_null())
                    .col(ColumnDef::new("ended_at").big_integer())
                    .foreign_key(
                        ForeignKey::create()
                            .from("sessions", "user_id")
                            .to("users", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("sessions", "credential_id")
                            .to("credentials", "id")
                            .on_delete(ForeignKeyAction::SetNull),
                    )
                    .to_owned(),
            )
            .await?;
        index(manager, "sessions_user", "sessions", &["user_id"]).await?;
        index(manager, "sessions_expiry", "sessions", &["expires_at"]).await
    }
}

async fn index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}
