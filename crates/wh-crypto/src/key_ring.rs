//! The key ring: writes with the current key, reads with any.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use wh_types::StoredForm;
use zeroize::Zeroizing;

use crate::key::Key;
use crate::stored::{Sealed, Stored};
use crate::{CryptoError, KeyId, Place, Purpose, PurposeKey};

/// Treatment of a stored value without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Unencrypted {
    /// Returned as it is: for the rollout on a database that holds plain values.
    #[default]
    HandBack,
    /// An error. Set this when all values are encrypted, so that nobody can plant plain text.
    Refuse,
}

/// How a stored value was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenedBy {
    /// The stored value is empty.
    Nothing,
    /// It was not encrypted.
    Unencrypted,
    /// The current key.
    Current(KeyId),
    /// A previous key.
    Previous(KeyId),
}

/// An opened value.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The plain text.
    pub plain: SecretString,
    /// How it was opened.
    pub by: OpenedBy,
    /// True if the ring would now write the value in another form or with another key.
    pub needs_reencryption: bool,
}

/// The keys of one current server secret and any number of previous ones.
///
/// Clones share the keys, which are wiped when the last clone is dropped.
#[derive(Clone)]
pub struct KeyRing {
    keys: Arc<Keys>,
    form: StoredForm,
    unencrypted: Unencrypted,
}

struct Keys {
    current: Key,
    previous: Vec<Key>,
}

impl KeyRing {
    /// Derives all keys of the current and the previous secrets (`EnableSecretEncryption`). Secrets given twice count once.
    ///
    /// The ring writes `v1:` and returns plain values; see [`with_form`](Self::with_form) and
    /// [`with_unencrypted`](Self::with_unencrypted).
    ///
    /// # Errors
    /// [`CryptoError::EmptySecret`] if one of them is empty. The configuration checks the length.
    pub fn new(current: &SecretString, previous: &[SecretString]) -> Result<Self, CryptoError> {
        let current = Key::new(current)?;
        let mut kept: Vec<Key> = Vec::with_capacity(previous.len());
        for secret in previous {
            let key = Key::new(secret)?;
            if key.id != current.id && kept.iter().all(|other| other.id != key.id) {
                kept.push(key);
            }
        }
        let keys = Arc::new(Keys { current, previous: kept });
        Ok(Self { keys, form: StoredForm::default(), unencrypted: Unencrypted::default() })
    }

    /// The same ring, writing this form wherever a place is known.
    #[must_use]
    pub const fn with_form(mut self, form: StoredForm) -> Self {
        self.form = form;
        self
    }

    /// The same ring, treating values without a prefix like this.
    #[must_use]
    pub const fn with_unencrypted(mut self, unencrypted: Unencrypted) -> Self {
        self.unencrypted = unencrypted;
        self
    }

    /// The form that is written where a place is known.
    #[must_use]
    pub const fn form(&self) -> StoredForm {
        self.form
    }

    /// The public name of the key that is written with.
    #[must_use]
    pub fn current_id(&self) -> KeyId {
        self.keys.current.id
    }

    /// The public names of all keys, the current one first.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.all().map(|key| key.id).collect()
    }

    /// The current key of a purpose, to sign or encrypt with.
    #[must_use]
    pub fn purpose_key(&self, purpose: Purpose) -> &PurposeKey {
        self.keys.current.purpose_key(purpose)
    }

    /// The keys of a purpose, the current one first, to verify or decrypt with.
    pub fn purpose_keys(&self, purpose: Purpose) -> impl Iterator<Item = &PurposeKey> {
        self.all().map(move |key| key.purpose_key(purpose))
    }

    /// Encrypts as `v1:` with the current key. Empty in, empty out.
    ///
    /// # Errors
    /// [`CryptoError::NoRandomness`] and [`CryptoError::TooLong`], both of which a healthy machine never sees.
    pub fn encrypt(&self, plain: &SecretString) -> Result<String, CryptoError> {
        let plain = plain.expose_secret();
        if plain.is_empty() {
            return Ok(String::new());
        }
        Sealed::seal(&self.keys.current.v1, plain, b"", "v1:")
    }

    /// Encrypts for a place with the current key, in the form that the ring writes. Empty in, empty out.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_at(&self, place: &Place<'_>, plain: &SecretString) -> Result<String, CryptoError> {
        if self.form == StoredForm::V1 || plain.expose_secret().is_empty() {
            return self.encrypt(plain);
        }
        let Key { id, v2, .. } = &self.keys.current;
        Sealed::seal(v2, plain.expose_secret(), &place.associated_data(*id), &format!("v2:{id}:"))
    }

    /// Decrypts a `v1:` value; hands back a plain one, unless told to refuse it. Empty in, empty out.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn decrypt(&self, stored: &str) -> Result<SecretString, CryptoError> {
        self.open(stored).map(|opened| opened.plain)
    }

    /// Decrypts a value of either form from its place.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn decrypt_at(&self, place: &Place<'_>, stored: &str) -> Result<SecretString, CryptoError> {
        self.open_at(place, stored).map(|opened| opened.plain)
    }

    /// Decrypts a `v1:` value, and says what opened it.
    ///
    /// # Errors
    /// A value with a prefix that is malformed, does not authenticate, or is bound to a place; one without a prefix
    /// where those are refused. The stored text is never handed back in place of an error.
    pub fn open(&self, stored: &str) -> Result<Opened, CryptoError> {
        self.open_stored(None, stored)
    }

    /// Decrypts a value of either form from its place, and says what opened it.
    ///
    /// # Errors
    /// A value with a prefix that is malformed or does not authenticate here; one without a prefix where those are refused.
    pub fn open_at(&self, place: &Place<'_>, stored: &str) -> Result<Opened, CryptoError> {
        self.open_stored(Some(place), stored)
    }

    /// True if a value should be written again: it is not encrypted, or not with the current key.
    ///
    /// # Errors
    /// As [`open`](Self::open): a value that does not open cannot be written again.
    pub fn needs_reencryption(&self, stored: &str) -> Result<bool, CryptoError> {
        self.open(stored).map(|opened| opened.needs_reencryption)
    }

    /// True if a value should be written again: it is not encrypted, not with the current key, or not in the form that the
    /// ring writes.
    ///
    /// # Errors
    /// As [`open_at`](Self::open_at).
    pub fn needs_reencryption_at(&self, place: &Place<'_>, stored: &str) -> Result<bool, CryptoError> {
        self.open_at(place, stored).map(|opened| opened.needs_reencryption)
    }

    fn open_stored(&self, place: Option<&Place<'_>>, stored: &str) -> Result<Opened, CryptoError> {
        let (plain, by, needs_reencryption) = match Stored::parse(stored)? {
            Stored::Empty => (SecretString::default(), OpenedBy::Nothing, false),
            Stored::Plain(_) if self.unencrypted == Unencrypted::Refuse => {
                return Err(CryptoError::Unencrypted);
            }
            Stored::Plain(text) => (text.to_owned().into(), OpenedBy::Unencrypted, true),
            Stored::V1(sealed) => {
                let opened = self.all().find_map(|key| Some((key, sealed.open(&key.v1, b"")?)));
                let (key, plain) =
                    opened.ok_or_else(|| CryptoError::NotAuthentic { form: "v1", tried: self.ids() })?;
                let stale = place.is_some() && self.form != StoredForm::V1;
                (text(&plain, key.id)?, self.by(key.id), stale || key.id != self.current_id())
            }
            Stored::V2(id, sealed) => {
                let place = place.ok_or(CryptoError::PlaceNeeded)?;
                let key = self.all().find(|key| key.id == id);
                let key = key.ok_or_else(|| CryptoError::UnknownKey { wanted: id, ring: self.ids() })?;
                let plain = sealed
                    .open(&key.v2, &place.associated_data(id))
                    .ok_or_else(|| CryptoError::NotAuthentic { form: "v2", tried: vec![id] })?;
                (text(&plain, id)?, self.by(id), self.form != StoredForm::V2 || id != self.current_id())
            }
        };
        Ok(Opened { plain, by, needs_reencryption })
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.keys.current).chain(&self.keys.previous)
    }

    fn by(&self, id: KeyId) -> OpenedBy {
        if id == self.current_id() { OpenedBy::Current(id) } else { OpenedBy::Previous(id) }
    }
}

fn text(plain: &Zeroizing<Vec<u8>>, key: KeyId) -> Result<SecretString, CryptoError> {
    let text = str::from_utf8(plain).map_err(|_| CryptoError::NotText { key })?;
    Ok(text.to_owned().into())
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("keys", &self.ids())
            .field("form", &self.form)
            .field("unencrypted", &self.unencrypted)
            .finish()
    }
}
