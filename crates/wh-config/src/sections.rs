//! The sections of a configuration: each a struct whose documentation is also that of its example and its
//! schema.

mod api_server;
mod container;
mod database;
mod hosts;
mod jobs;
mod logging;
mod oauth;
mod platform;
mod redis;
mod security;
mod smtp;
mod web_app;
mod worker;

pub use api_server::{ApiServer, TlsFiles};
pub use container::Container;
pub use database::Database;
pub use hosts::{Hosts, Ports};
pub use jobs::Jobs;
pub use logging::Logging;
pub use oauth::{OAuth, OAuthBitbucket, OAuthClient, OAuthCodeberg, OAuthGitHub, OAuthGitLab, OAuthGoogle};
pub use platform::Platform;
pub use redis::Redis;
pub use security::Security;
pub use smtp::Smtp;
pub use web_app::WebApp;
pub use worker::Worker;

use crate::reader::Reader;
use crate::spec::SectionSpec;

/// A section of the configuration.
pub(crate) trait Section: Sized {
    const SPEC: &'static SectionSpec;

    /// Reads all settings, and looks whether they fit together. Faults are gathered in the reader.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// Declares a section: its struct, its place in the catalogue and how it is read, from one list.
///
/// A setting is `name: Type, default "text"`, `required "example"` or `optional "example"`. `as Shape::…`
/// behind the type narrows what it takes, `credential "name"` at the end names the systemd credential that it
/// can come from. `checked` behind the path says that the section has a method `checked`, which looks at the
/// settings together.
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $name:ident at $path:literal $($checked:ident)? {
            $(
                $(#[doc = $field_doc:literal])*
                $field:ident: $type:ty $(as $shape:expr)?, $presence:ident $text:literal $(, credential $credential:literal)?;
            )+
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)+
        }

        impl $crate::sections::Section for $name {
            const SPEC: &'static $crate::spec::SectionSpec = &$crate::spec::SectionSpec {
                path: $path,
                doc: &[$($doc),*],
                fields: &[$($crate::spec::FieldSpec {
                    name: stringify!($field),
                    doc: &[$($field_doc),*],
                    presence: $crate::sections::presence!($presence $text),
                    shape: $crate::sections::shape!($type $(, $shape)?),
                    list: <$type as $crate::setting::Setting>::LIST,
                    credential: $crate::sections::credential!($($credential)?),
                }),+],
            };

            fn read(reader: &mut $crate::reader::Reader<'_>) -> Self {
                let section =
                    Self { $($field: reader.field(<Self as $crate::sections::Section>::SPEC, stringify!($field)),)+ };
                $crate::sections::checked!($($checked)? section, reader)
            }
        }
    };
}

macro_rules! checked {
    ($section:ident, $reader:ident) => {
        $section
    };
    (checked $section:ident, $reader:ident) => {
        $section.checked($reader)
    };
}

macro_rules! shape {
    ($type:ty) => {
        <$type as $crate::setting::Setting>::SHAPE
    };
    ($type:ty, $shape:expr) => {
        $shape
    };
}

macro_rules! presence {
    (default $text:literal) => {
        $crate::spec::Presence::Default($text)
    };
    (required $text:literal) => {
        $crate::spec::Presence::Required($text)
    };
    (optional $text:literal) => {
        $crate::spec::Presence::Optional($text)
    };
}

macro_rules! credential {
    () => {
        None
    };
    ($name:literal) => {
        Some($name)
    };
}

pub(crate) use {checked, credential, presence, section, shape};
