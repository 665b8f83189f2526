//! Carrying evictions out.

use fred::{
    interfaces::{ClientLike, KeysInterface, PubsubInterface},
    types::{Key, Value, config::Options},
};
use futures_util::future::try_join_all;

use super::{
    Shared,
    link::{Direct, Link, Trouble},
};
use crate::eviction::Eviction;

/// Commands that are on their way at the same time.
const ABREAST: usize = 64;
/// Keys that the server looks at in one step of a search.
const PAGE: u32 = 1000;
/// Most bytes of one message.
const MESSAGE: usize = 32 << 10;

impl Shared {
    /// Deletes what the evictions cover, and then tells the other processes: whoever hears of it must not find it any more.
    pub(super) async fn carry_out(&self, link: &Link, evictions: &[Eviction]) -> Result<(), Trouble> {
        let names = evictions.iter().filter_map(|eviction| match eviction {
            Eviction::Key(key) => Some(vec![link.keys.value(key), link.keys.token(key)]),
            _ => None,
        });
        unlink(link, names.collect()).await?;
        for eviction in evictions {
            if !matches!(eviction, Eviction::Key(_)) {
                self.search_out(link, eviction).await?;
            }
        }
        for message in Eviction::pack(evictions, MESSAGE) {
            let message = format!("{}{message}", self.origin);
            link.run_patiently(link.commands.client.publish::<Value, _, _>(self.channel.as_str(), message))
                .await?;
        }
        Ok(())
    }

    /// Goes through all keys in pages, as asking for all at once would stop the server.
    async fn search_out(&self, link: &Link, eviction: &Eviction) -> Result<(), Trouble> {
        let pattern = link.keys.pattern(eviction);
        let matcher = eviction.matcher();
        for server in servers(link) {
            let mut cursor = "0".to_owned();
            loop {
                let page = server.scan_page(cursor, pattern.clone(), Some(PAGE), None);
                let (next, found): (String, Vec<Key>) = link.run_patiently(page).await?;
                let names = found.iter().filter_map(Key::as_str);
                let covered =
                    names.filter(|name| link.keys.key(name).is_some_and(|key| matcher.covers(&key)));
                unlink(link, covered.map(|name| vec![name.to_owned()]).collect()).await?;
                if next == "0" {
                    break;
                }
                cursor = next;
            }
        }
        Ok(())
    }
}

/// Deletes groups of keys, each of which is in one place.
async fn unlink(link: &Link, groups: Vec<Vec<String>>) -> Result<(), Trouble> {
    for some in groups.chunks(ABREAST) {
        let answers = some
            .iter()
            .map(|names| link.run_patiently(link.commands.client.unlink::<Value, _>(names.clone())));
        try_join_all(answers).await?;
    }
    Ok(())
}

/// One client for each server that has keys.
fn servers(link: &Link) -> Vec<Direct> {
    let client = &link.commands.client;
    if !link.clustered {
        return vec![client.clone()];
    }
    let only = |server| {
        let options = Options { cluster_node: Some(server), fail_fast: true, ..Options::default() };
        (**client).with_options(&options)
    };
    client.active_connections().into_iter().map(only).collect()
}
