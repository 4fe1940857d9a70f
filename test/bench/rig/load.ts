/** Load generators, as processes of their own. */
export {};
