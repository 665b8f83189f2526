use wh_types::HttpUrl;

use super::section;

section! {
    /// The dashboard.
    WebApp at "web_app" {
        /// URL of the dashboard, to which sign-ins return.
        url: HttpUrl, default "http://localhost:3000";
    }
}
