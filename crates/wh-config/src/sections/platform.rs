use super::section;
use crate::shape::Shape;

section! {
    /// The platform as its users see it.
    Platform at "platform" {
        /// Domain of the platform in its DNS form; no user may claim a host name under it.
        domain: String as Shape::Domain, required "acme.dev";
        /// Name of the platform in mails and titles.
        name: String as Shape::Text { max: 120 }, default "WiseHosting";
        /// Address that users write to for help.
        support_address: Option<String> as Shape::Email, optional "support@acme.dev";
    }
}
