//! What must be refused, asked for.

use wh_data::repo::{Conflict, Denied, DeploymentSpec, Error, rows};
use wh_data::types::{AppName, EnvKey};

use super::manifest::App;
use super::screen::Screen;
use super::stage::Process;
use crate::failure::Outcome;

/// Asks for each, and expects the right refusal.
pub(super) async fn ask(screen: &Screen, process: &Process, players: &[(App, rows::User)]) -> Outcome<()> {
    let db = process.data.db();
    let refused = |title: &str, held: bool, said: &str, cost| {
        screen.expect(held, title, Some(cost));
        screen.note(said);
    };

    if let Some((app, user)) = players.iter().find(|(app, _)| app.plan.as_str() == "free") {
        let second = DeploymentSpec {
            name: AppName::generate(),
            subdomain: AppName::generate().into(),
            ..app.spec(user.id)
        };
        let (outcome, cost) = process.cost(db.deployments().create(&second)).await;
        let held = matches!(&outcome, Err(Error::Denied(Denied::AppLimit { .. })));
        refused("a second app on the free plan", held, &said(outcome), cost);
    }

    if let Some((app, user)) = players.iter().find(|(app, _)| app.plan.as_str() != "free") {
        let (outcome, cost) = process.cost(db.deployments().create(&app.spec(user.id))).await;
        let held = matches!(&outcome, Err(Error::Conflict(Conflict::Taken { field: "name", .. })));
        refused(&format!("the name {} once more", app.name), held, &said(outcome), cost);
    }

    let (outcome, cost) = process.cost(async { "database-url".parse::<EnvKey>() }).await;
    let held = outcome.is_err();
    refused(
        "an environment key of small letters",
        held,
        &outcome.map_or_else(|error| error.to_string(), String::from),
        cost,
    );

    if let [(app, owner), ..] = players
        && let Some((_, stranger)) = players.iter().find(|(_, user)| user.id != owner.id)
    {
        let (outcome, cost) = process.cost(db.apps().find_by_name(stranger.id, app.name.as_str())).await;
        let held = matches!(&outcome, Ok(None));
        let said = match &outcome {
            Ok(None) => "no such app, for this user".to_owned(),
            Ok(Some(app)) => format!("it was handed out: {}", app.name),
            Err(error) => error.to_string(),
        };
        refused(&format!("another user's app {}", app.name), held, &said, cost);
    }
    Ok(())
}

fn said<R>(outcome: Result<R, Error>) -> String {
    outcome.map_or_else(|error| error.to_string(), |_| "it was allowed".to_owned())
}
