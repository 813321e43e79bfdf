/** Where webpack finds the modules that the plugin makes: each is this file, with a query that says which. */
export {}
