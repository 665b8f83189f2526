//! How ids, vocabularies and stored secrets travel to and from Postgres columns (feature `diesel`).
//!
//! Each conversion goes through the plain type that the column has anyway (`bigint` or `text`), so a value
//! costs what that type costs, and a word that the vocabulary does not know is an error of the row, never a
//! panic.

/// The four conversions that every type below needs; `$plain` is what the column holds, `$sql` its SQL type.
macro_rules! column {
    ($name:ident, $sql:ty, $plain:ty, |$value:ident| $out:expr, |$raw:ident: $rawty:ty| $in:expr) => {
        const _: () = {
            use diesel::deserialize::{FromSql, Queryable, Result as FromResult};
            use diesel::expression::AsExpression;
            use diesel::pg::{Pg, PgValue};
            use diesel::serialize::{Output, Result as ToResult, ToSql};
            use diesel::sql_types::Nullable;

            impl ToSql<$sql, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> ToResult {
                    let $value = self;
                    <$plain as ToSql<$sql, Pg>>::to_sql($out, &mut out.reborrow())
                }
            }

            impl ToSql<Nullable<$sql>, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> ToResult {
                    ToSql::<$sql, Pg>::to_sql(self, out)
                }
            }

            impl FromSql<$sql, Pg> for $name {
                fn from_sql(bytes: PgValue<'_>) -> FromResult<Self> {
                    let $raw = <$rawty as FromSql<$sql, Pg>>::from_sql(bytes)?;
                    $in
                }
            }

            impl Queryable<$sql, Pg> for $name {
                type Row = Self;

                fn build(row: Self) -> FromResult<Self> {
                    Ok(row)
                }
            }

            impl AsExpression<$sql> for $name {
                type Expression = <$rawty as AsExpression<$sql>>::Expression;

                fn as_expression(self) -> Self::Expression {
                    let $value = &self;
                    AsExpression::<$sql>::as_expression(ToOwned::to_owned($out))
                }
            }

            impl AsExpression<$sql> for &$name {
                type Expression = <$rawty as AsExpression<$sql>>::Expression;

                fn as_expression(self) -> Self::Expression {
                    let $value = self;
                    AsExpression::<$sql>::as_expression(ToOwned::to_owned($out))
                }
            }

            impl AsExpression<Nullable<$sql>> for $name {
                type Expression = <$rawty as AsExpression<Nullable<$sql>>>::Expression;

                fn as_expression(self) -> Self::Expression {
                    let $value = &self;
                    AsExpression::<Nullable<$sql>>::as_expression(ToOwned::to_owned($out))
                }
            }
        };
    };
}

macro_rules! id_columns {
    ($($name:ident),+) => {
        $($crate::columns::column!(
            $name, diesel::sql_types::BigInt, i64, |id| &id.0, |raw: i64| Ok(Self(raw))
        );)+
    };
}

macro_rules! vocabulary_columns {
    ($($name:ident),+) => {
        $($crate::columns::column!(
            $name, diesel::sql_types::Text, str, |word| <&'static str>::from(*word), |raw: String| Ok(raw.parse::<Self>()?)
        );)+
    };
}

macro_rules! text_columns {
    ($($name:ident => $as_str:ident),+) => {
        $($crate::columns::column!(
            $name, diesel::sql_types::Text, str, |text| text.$as_str(), |raw: String| Ok(Self::new(raw))
        );)+
    };
}

/// For names that may be older than a rule: reading never fails.
macro_rules! stored_text_columns {
    ($($name:ident),+) => {
        $($crate::columns::column!(
            $name, diesel::sql_types::Text, str, |text| text.as_str(), |raw: String| Ok(Self::from_stored(raw))
        );)+
    };
}

/// For texts whose rule the table holds too: what breaks it is an error of the row.
macro_rules! checked_text_columns {
    ($($name:ident),+) => {
        $($crate::columns::column!(
            $name, diesel::sql_types::Text, str, |text| text.as_str(), |raw: String| Ok(Self::parse(&raw)?)
        );)+
    };
}

pub(crate) use {
    checked_text_columns, column, id_columns, stored_text_columns, text_columns, vocabulary_columns,
};
