//! Law book, policy and scenario travel inside the program: it is built anew when a file comes or goes there.

fn main() {
    for folder in ["lawbook", "policy", "scenarios"] {
        println!("cargo:rerun-if-changed=../../{folder}");
    }
}
