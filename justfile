export PATH := justfile_directory() / "node_modules/.bin" + ":" + env_var("PATH")

# Log in to SystemPrompt Cloud
login *options:
    systemprompt cloud auth login {{ options }}

# Log out
logout *options:
    systemprompt cloud auth logout {{ options }}

# Show who is logged in
whoami *options:
    systemprompt cloud auth whoami {{ options }}
