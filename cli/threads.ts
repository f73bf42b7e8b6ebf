// Node reads how many threads there are when the first of them is needed, so this comes before all else. Names are looked
// up by half of them, and those of merchants' receivers by a quarter: of the four that there are otherwise one would
// be left to all receivers, and a name that nobody answers would keep it.

process.env['UV_THREADPOOL_SIZE'] ||= '32';
