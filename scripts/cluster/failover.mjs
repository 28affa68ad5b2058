export async function failover() { return { title: 'failover', rows: [] }; }
