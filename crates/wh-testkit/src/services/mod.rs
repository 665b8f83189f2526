//! The example services as processes of their own: started, killed, and called over HTTP.

mod browser;
mod http;
mod process;
mod settings;

pub use browser::Browser;
pub use http::{HttpAnswer, http};
pub use process::ServiceProcess;
pub use settings::{api_variables, free_address, worker_variables};
