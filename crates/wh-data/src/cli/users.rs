//! `wh-data users`

use std::process::ExitCode;

use uuid::Uuid;
use wh_config::{Sources, plan_overrides};
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::rows::User;
use wh_types::{PlanId, UserId};

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::runtime;

/// Change what a user may do
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data users show 42
  wh-data users set-active 42 false     ends every session of the user, who cannot sign in any more
  wh-data users set-plan 42 pro")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show a user
    Show {
        /// The user's id
        user: i64,
    },
    /// Let a user sign in, or not
    SetActive {
        /// The user's id
        user: i64,
        /// true or false
        #[arg(action = clap::ArgAction::Set)]
        active: bool,
    },
    /// Put a user on a plan
    SetPlan {
        /// The user's id
        user: i64,
        /// The plan: `wh-data plans` lists them
        plan: String,
    },
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    let plans = Plans::with_overrides(&plan_overrides(Sources::of_process())?)?;
    runtime()?.block_on(async {
        // No secret is read or written here, so that any key will do.
        let keys = KeyRing::new(&Uuid::new_v4().to_string().into(), &[])?;
        let db = wh_repo::Database::lazy(database.connector(), keys, plans);
        #[cfg(feature = "cache")]
        let db = {
            // The services here have rows of users in their caches, which a change evicts.
            let redis = wh_config::Redis::from_sources(Sources::of_process())?;
            let cache = crate::configured::cache(&redis, &db).await?;
            db.with_cache(cache)
        };
        let users = db.users();
        let user = match arguments.action {
            Action::Show { user } => users.find(UserId::new(user)).await?,
            Action::SetActive { user, active } => Some(users.set_active(UserId::new(user), active).await?),
            Action::SetPlan { user, plan } => {
                Some(users.set_plan(UserId::new(user), &PlanId::parse(&plan)?).await?)
            }
        };
        #[cfg(feature = "cache")]
        if let Some(cache) = db.cache() {
            cache.close().await;
        }
        let user = user.ok_or_else(|| Failure::new("no such user"))?;
        tell(&user);
        Ok(ExitCode::SUCCESS)
    })
}

fn tell(user: &User) {
    let User { id, email, name, plan, is_active, .. } = user;
    let active = if *is_active { "active" } else { "deactivated" };
    answer!("user {id}  {email}  {name}  plan {plan}  {active}");
}
