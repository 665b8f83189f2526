//! A cluster of three.

use std::net::TcpListener;

use wh_cache::{Cache, CacheSettings, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::support::{eventually, read, settings_of};

/// Three servers that share all slots.
async fn cluster() -> [RedisServer; 3] {
    let node = || {
        // A cluster's second port is ten thousand above the first unless it is named, which is no port at all for many.
        let bus = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        RedisServer::start_with(&format!(
            "cluster-enabled yes\ncluster-port {bus}\ncluster-node-timeout 5000\nrequirepass geheim\nmasterauth geheim"
        ))
    };
    let nodes = [node(), node(), node()];
    for (node, slots) in nodes.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
        drop(node.command(&["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]));
    }
    let [first, others @ ..] = &nodes;
    for other in others {
        let myself = other.command(&["CLUSTER", "NODES"]);
        let address = myself.split_whitespace().nth(1).unwrap();
        let (port, bus) =
            address.split(',').next().unwrap().rsplit_once(':').unwrap().1.split_once('@').unwrap();
        drop(first.command(&["CLUSTER", "MEET", "127.0.0.1", port, bus]));
    }
    eventually("the cluster", async || {
        nodes.iter().all(|node| {
            let info = node.command(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        })
    })
    .await;
    nodes
}

fn settings(nodes: &[RedisServer; 3]) -> RedisSettings {
    let [first, second, _] = nodes;
    settings_of(format!(
        "redis-cluster://:geheim@127.0.0.1:{}?node=127.0.0.1:{}",
        first.port(),
        second.port()
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_used_like_one_server() {
    let nodes = cluster().await;
    let a = Cache::start(CacheSettings::default(), settings(&nodes)).await.unwrap();
    let b = Cache::start(CacheSettings::default(), settings(&nodes)).await.unwrap();
    assert_eq!([&a, &b].map(Cache::redis_state), [Some(RedisState::Up); 2]);
    let names: Vec<String> = (0..100).map(|number| format!("{number} {{{number}}}")).collect();
    for name in &names {
        assert_eq!(read(&a, name, 1).await, 1);
        assert_eq!(read(&b, name, 2).await, 1, "{name} is shared");
    }
    let full = nodes.iter().filter(|node| node.command(&["DBSIZE"]) != "0").count();
    assert_eq!(full, 3, "every node has some");
    let evictions: Vec<_> =
        names.iter().take(50).map(|name| crate::support::NUMBERS.eviction(name)).collect();
    a.evict(&evictions).await;
    for name in names.iter().take(50) {
        eventually(name, async || read(&b, name, 3).await == 3).await;
    }
    b.delete_prefix("number:").await;
    for node in &nodes {
        let left = node.command(&["KEYS", "wh:{number:*"]);
        assert!(left.is_empty(), "{left}");
    }
    for name in &names {
        eventually(name, async || a.get::<u32>(&crate::support::NUMBERS.key(name)).await.is_none()).await;
    }
}
