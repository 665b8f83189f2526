//! Values that tokio-postgres leaves to its optional features, which would be compiled into everything else here as well.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// The bytes of a UUID.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UuidBytes(
    #[expect(dead_code, reason = "read from the database, as a service would")] [u8; 16],
);

impl<'a> FromSql<'a> for UuidBytes {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.try_into()?))
    }

    fn accepts(wanted: &Type) -> bool {
        *wanted == Type::UUID
    }
}

/// A value of `jsonb`.
#[derive(Debug)]
pub(crate) struct Jsonb(pub(crate) serde_json::Value);

impl ToSql for Jsonb {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        // The version of the format.
        out.put_u8(1);
        serde_json::to_writer(out.writer(), &self.0)?;
        Ok(IsNull::No)
    }

    fn accepts(wanted: &Type) -> bool {
        *wanted == Type::JSONB
    }

    to_sql_checked!();
}
