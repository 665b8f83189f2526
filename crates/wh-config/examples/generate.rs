//! Writes `config.example.yaml` and `config.schema.json` anew: `cargo run -p wh-config --example generate`.

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(folder.join("config.example.yaml"), wh_config::example_yaml())?;
    std::fs::write(folder.join("config.schema.json"), wh_config::json_schema())
}
