export PATH := justfile_directory() / "node_modules/.bin" + ":" + env_var("PATH")

# Log in to SystemPrompt Cloud
login *options:
    systemprompt cloud auth login {{ options }}

# Forget the login
logout *options:
    systemprompt cloud auth logout {{ options }}

# Say who is logged in
whoami *options:
    systemprompt cloud auth whoami {{ options }}
