//! The keys on record, where no value is stored.

use wh_repo::RotateOptions;

use super::CountedWorld;

#[tokio::test]
async fn looking_at_the_keys_costs_what_it_says() {
    let counted_world = CountedWorld::new().await;
    counted_world.count("secrets.check", 4, async |db| db.secrets().check().await).await;
    counted_world.count("secrets.keys", 1, async |db| db.secrets().keys().await).await;
    counted_world.count("secrets.status", 6, async |db| db.secrets().status(|_| ()).await).await;
    let options = RotateOptions::default();
    counted_world.count("secrets.rotate", 13, async |db| db.secrets().rotate(options, |_| ()).await).await;
}
