//! The second factor.

use std::time::Duration;

use super::CountedWorld;

#[tokio::test]
async fn the_second_factor_costs_what_it_says() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let secret = "GEZDGNBVGY3TQOJQ".into();
    counted_world
        .count("users.set_totp_secret", 1, async |db| db.users().set_totp_secret(ada.id, &secret).await)
        .await;
    counted_world.count("users.totp_secret", 1, async |db| db.users().totp_secret(ada.id).await).await;
    counted_world.count("users.enable_totp", 1, async |db| db.users().enable_totp(ada.id).await).await;
    let mut steps = 58_000_000..;
    counted_world
        .count("users.accept_totp_step", 1, async |db| {
            db.users().accept_totp_step(ada.id, steps.next().unwrap()).await
        })
        .await;
    counted_world
        .count("users.record_second_factor_failure", 1, async |db| {
            db.users().record_second_factor_failure(ada.id).await
        })
        .await;
    counted_world.world.raw("DELETE FROM second_factor_failures").await;
    counted_world.count("users.disable_totp", 3, async |db| db.users().disable_totp(ada.id).await).await;

    let codes = ["first".into(), "second".into(), "third".into()];
    counted_world
        .count("backup_codes.replace", 3, async |db| db.backup_codes().replace(ada.id, &codes).await)
        .await;
    let mut next = codes.iter();
    counted_world
        .count("backup_codes.consume", 4, async |db| {
            db.backup_codes().consume(ada.id, next.next().unwrap()).await
        })
        .await;
    counted_world
        .count("backup_codes.consume", 2, async |db| db.backup_codes().consume(ada.id, &codes[0]).await)
        .await;

    let ttl = Duration::from_mins(5);
    let token = counted_world
        .count("pending_totps.create", 1, async |db| db.pending_totps().create(ada.id, "google", ttl).await)
        .await;
    counted_world
        .count("pending_totps.consume", 1, async |db| db.pending_totps().consume(&token).await)
        .await;
    counted_world.count("pending_totps.prune", 1, async |db| db.pending_totps().prune(10).await).await;
}
