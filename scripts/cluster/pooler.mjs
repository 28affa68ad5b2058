export async function pooler() { return { title: 'pooler', rows: [] }; }
