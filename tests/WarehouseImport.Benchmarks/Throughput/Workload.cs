namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>The rows of each phase, in the order of their cursor. One row per second, so that no two share an instant.</summary>
sealed class Workload(int rows)
{
    /// <summary>2024-01-01T00:00:00Z.</summary>
    private const long Start = 1_704_067_200;

    private const int IncrementalShare = 10;

    public int Rows => rows;

    public int IncrementalRows => rows / IncrementalShare;

    public IEnumerable<Person> First()
    {
        for (var number = 0; number < rows; number++) yield return new Person(number, 0, Start + number);
    }

    /// <summary>Every tenth person: another city, score and tier.</summary>
    public IEnumerable<Person> Incremental()
    {
        for (var index = 0; index < IncrementalRows; index++) yield return new Person(index * IncrementalShare, 1, Start + rows + index);
    }

    /// <summary>The table after both.</summary>
    public IEnumerable<Person> Whole()
    {
        for (var number = 0; number < rows; number++)
        {
            if (number % IncrementalShare != 0 || number / IncrementalShare >= IncrementalRows) yield return new Person(number, 0, Start + number);
        }

        foreach (var person in Incremental()) yield return person;
    }

    /// <summary>
    /// What the overlapping sync of a number sees: the same people, some of their rows changed later than the first sync's and some earlier, so that each of the
    /// syncs wins some fields and loses some.
    /// </summary>
    /// <param name="sync">1 or 2.</param>
    public IEnumerable<Person> Overlapping(int sync)
    {
        foreach (var person in Whole())
            yield return person with { Generation = person.Generation + 1 + sync, ModifiedAt = person.ModifiedAt + (person.Number % 3 == sync ? 10_000_000 : -10_000_000) };
    }
}
