//! The cached form of a user.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wh_schema::rows::User;

use super::rows::Cacheable;

/// A [`User`] with every field: the row itself serialises without its Google identity.
pub(super) struct CachedUser(pub(super) User);

impl Cacheable for CachedUser {}

#[derive(Serialize)]
struct InFull<'a> {
    google_id: &'a str,
    #[serde(flatten)]
    user: &'a User,
}

impl Serialize for CachedUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        InFull { google_id: &self.0.google_id, user: &self.0 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CachedUser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        User::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_google_identity_is_kept_by_the_cache_and_shown_to_nobody() {
        let json = serde_json::json!({
            "id": 1, "email": "ada@example.org", "google_id": "g-1", "name": "Ada", "avatar_url": "", "plan": "free",
            "theme_pref": "system", "is_active": true, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "totp_enabled": false, "totp_verified_at": null
        });
        let cached: CachedUser = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(cached.0.google_id, "g-1");
        assert_eq!(serde_json::to_value(&cached).unwrap(), json);
        assert_eq!(serde_json::to_value(&cached.0).unwrap().get("google_id"), None);
    }
}
