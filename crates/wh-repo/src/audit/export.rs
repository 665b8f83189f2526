//! A trail as lines of JSON.

use serde::Serialize;
use wh_types::UserId;

use super::link::{EventColumns, Link, LinkRow};
use super::seal::AuditSeal;
use super::verify;
use crate::engine::Executor;
use crate::error::{Error, Result};

/// The line before the links of a user.
#[derive(Serialize)]
struct HeadLine<'a> {
    user: UserId,
    head: End<'a>,
    /// The last link that is not here any more.
    anchor: End<'a>,
    seal: Option<AuditSeal>,
}

#[derive(Serialize)]
struct End<'a> {
    place: i64,
    hash: &'a str,
}

#[derive(Serialize)]
struct LinkLine<'a> {
    user: UserId,
    place: i64,
    event: i64,
    /// Nothing where the event is missing.
    #[serde(flatten)]
    columns: Option<&'a EventColumns>,
    hash: &'a str,
}

pub(super) async fn export<E: From<Error>>(
    executor: Executor<'_>,
    user: UserId,
    write: &mut impl AsyncFnMut(String) -> Result<(), E>,
) -> Result<u64, E> {
    // The head that was shown, and how far the links have come.
    let (mut shown, mut reached, mut lines) = (None, 0, 0);
    loop {
        let page = verify::links(executor, user, reached).await?;
        let Some(first) = page.first() else { return Ok(lines) };
        // At the start, or retention has removed links since the page before.
        if shown.is_none() || first.anchor_place > reached {
            shown = Some(first.head_place);
            reached = first.anchor_place;
            lines += 1;
            write(line(&head_line(first, user))?).await?;
        }
        let before = reached;
        for Link { place, event, hash, columns } in page.iter().filter_map(LinkRow::link) {
            if shown.is_some_and(|head| place > head) {
                return Ok(lines);
            }
            reached = place;
            lines += 1;
            write(line(&LinkLine { user, place, event, columns, hash })?).await?;
        }
        if reached == before {
            return Ok(lines);
        }
    }
}

fn head_line(row: &LinkRow, user: UserId) -> HeadLine<'_> {
    HeadLine {
        user,
        head: End { place: row.head_place, hash: &row.head_hash },
        anchor: End { place: row.anchor_place, hash: &row.anchor_hash },
        seal: row.seal.seal(user),
    }
}

fn line(of: &impl Serialize) -> Result<String> {
    serde_json::to_string(of)
        .map_err(|error| Error::bug("audit.export", format!("a line is no JSON: {error}")))
}
